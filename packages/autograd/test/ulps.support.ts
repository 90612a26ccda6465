// Errors in units in the last place.

const formats = {
  float32: { digits: 23, lowest: -126 },
  float64: { digits: 52, lowest: -1022 },
} as const;

/** How far y is from the exact value, in units of the last place that a number near it has. Where the exact value
 *  is a zero, an infinity or NaN, nothing else will do. */
export function ulps(y: number, exact: number, dtype: "float32" | "float64" = "float64"): number {
  const wanted = dtype === "float32" ? Math.fround(exact) : exact;
  if (Object.is(y, wanted)) return 0;
  if (!Number.isFinite(wanted) || exact === 0 || !Number.isFinite(y)) return Infinity;
  const { digits, lowest } = formats[dtype];
  const exponent = Math.max(lowest, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(y - exact) / 2 ** (exponent - digits);
}
