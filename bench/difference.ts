import { Tensor } from "@wengert/autograd";

const STEPS = 3;
const TOLERANCE = 1e-3;

/** What sets two ways to do the same steps apart, or undefined: a fast wrong result is no result. */
export function difference(wanted: () => unknown, got: () => unknown): string | undefined {
  for (let step = 1; step <= STEPS; step++) {
    const [a, b] = [valuesOf(wanted()), valuesOf(got())];
    const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const fits = a.every((value, i) => Math.abs(value - b[i]!) <= TOLERANCE * scale);
    if (fits && a.length === b.length) continue;
    return `it differs from eager in step ${step}: ${brief(a)} expected, ${brief(b)} got`;
  }
  return undefined;
}

function valuesOf(result: unknown): number[] {
  if (result instanceof Tensor) return Array.from(result.data, Number);
  return [result as number];
}

const brief = (values: readonly number[]): string =>
  values.slice(0, 3).join(", ") + (values.length > 3 ? ", …" : "");
