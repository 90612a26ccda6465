// Numbers as people read them, to three digits.

const digits = (x: number): string => {
  if (!Number.isFinite(x)) return "–";
  return x.toFixed(x < 9.995 ? 2 : x < 99.95 ? 1 : 0);
};

function scaled(x: number, base: number, units: readonly string[]): string {
  let i = 0;
  // What rounds to the next unit is written in it.
  while (x >= base * 0.9995 && i < units.length - 1) {
    x /= base;
    i++;
  }
  const number = i === 0 ? String(Math.round(x)) : digits(x);
  return units[i] === "" ? number : `${number} ${units[i]}`;
}

export const showFlops = (n: number): string =>
  scaled(n, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"]);

export const showBytes = (n: number): string => scaled(n, 1024, ["B", "KiB", "MiB", "GiB"]);

/** Less is below what clocks tell. */
const shortest = 0.05;

export const showTime = (microseconds: number): string => {
  if (microseconds < shortest) return "< 0.1 µs";
  if (microseconds < 999.5) return `${digits(microseconds)} µs`;
  const ms = microseconds / 1e3;
  return ms < 999.5 ? `${digits(ms)} ms` : `${digits(ms / 1e3)} s`;
};

export const showRate = (perMicrosecond: number): string => digits(perMicrosecond);

export const showShare = (part: number, whole: number): string =>
  whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : "–";

/** `1 barrier`, `2 barriers`. */
export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Op names: `add+relu`, `adamUpdate×2+assign`. */
export function showOps(ops: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const op of ops) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, n]) => (n > 1 ? `${op}×${n}` : op)).join("+");
}
