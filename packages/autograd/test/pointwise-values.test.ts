// Values of elementary and special functions over their whole domains, against 60 digits
// (fixtures/pointwise.py).
import * as autograd from "@wengert/autograd";
import { polygamma, tensor, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import values from "./fixtures/pointwise.json" with { type: "json" };
import { ulps } from "./ulps.support.ts";

type Call = (...inputs: Tensor[]) => Tensor;

/** The largest errors in float64, in units in the last place; what is not here stays within 2. */
const bounds: Readonly<Record<string, number>> = {
  tan: 1,
  hypot: 1,
  exp2: 1,
  log2: 1,
  log10: 1.5,
  cbrt: 1,
  erf: 4,
  erfc: 4,
  erfinv: 4,
  sinh: 3,
  asinh: 3,
  acosh: 3,
  atanh: 3,
  lgamma: 5,
  digamma: 4,
  // The function's sensitivity to its argument grows with the order.
  polygamma1: 3,
  polygamma2: 4,
  polygamma3: 5,
  polygamma4: 6,
  polygamma7: 8,
  polygamma12: 12,
  polygamma25: 20,
  polygamma60: 40,
};

const order = /^polygamma(\d+)$/;

function callOf(name: string): Call {
  const n = order.exec(name)?.[1];
  if (n !== undefined) return (x) => polygamma(Number(n), x);
  return (autograd as unknown as Record<string, Call>)[name];
}

const table = values as unknown as Record<string, readonly (readonly (number | string)[])[]>;
const cases = Object.entries(table).map(([name, rows]) => ({
  name,
  rows: rows.map((row) => row.map(Number)),
}));

function check(
  name: string,
  rows: readonly (readonly number[])[],
  dtype: "float32" | "float64",
  bound: number,
): void {
  const inputs = rows[0].slice(1).map((_, i) =>
    tensor(
      rows.map((row) => row[i]),
      { dtype },
    ),
  );
  callOf(name)(...inputs).data.forEach((y, i) => {
    const exact = rows[i].at(-1)!;
    const label = `${name}(${rows[i].slice(0, -1)}) of ${dtype}: ${y}, not ${exact}`;
    expect(ulps(y, exact, dtype), label).toBeLessThanOrEqual(bound);
  });
}

describe.each(cases)("$name", ({ name, rows }) => {
  it("float64 within a few units in the last place", () => {
    expect(rows.length).toBeGreaterThan(20);
    check(name, rows, "float64", bounds[name] ?? 2);
  });

  it("float32 within two", () => {
    const singles = rows.filter((row) => row.slice(0, -1).every((x) => Math.fround(x) === x));
    expect(singles.length).toBeGreaterThan(10);
    check(name, singles, "float32", 2);
  });
});
