// Numbers as people read them.

/** To three digits. */
export function showNumber(x: number | null): string {
  if (x === null) return "–";
  if (x === 0 || !Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  if (size >= 1e-3 && size < 1e5) return String(Number(x.toPrecision(3)));
  return x.toExponential(1).replace("e+", "e");
}

export function showBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

export const showMilliseconds = (ms: number): string =>
  ms < 1
    ? `${Math.max(0.1, Number((ms * 1e3).toPrecision(2)))} µs`
    : `${Number(ms.toPrecision(3))} ms`;
