// The functions that are defined by others: in float64 against values of 60 digits that autograd's tests have,
// in float32 against the definition in doubles, over the whole range.
import { describe, expect, test } from "vitest";
import { scalar } from "@wengert/autograd";
import { definedFunctions, type DefinedFunction } from "@wengert/autograd/compiler";
import values from "../../autograd/test/fixtures/pointwise.json" with { type: "json" };
import type { Instr } from "../src/plan/ir.ts";
import {
  apply,
  arrayOf,
  generator,
  sameNumbers,
  sweep,
  ulps32,
  variants,
  type Elements,
} from "./vector.support.ts";

// These come into being when they are asked for.
for (const order of [1, 2, 7]) scalar.polygamma(order);

const functions = definedFunctions().map((fn) => [fn.name, fn] as const);
const features = variants.at(-1)!;

type Table = Readonly<Record<string, readonly (readonly (number | string)[])[]>>;

function run(fn: DefinedFunction, dtype: "float32" | "float64", inputs: readonly Elements[]) {
  const instr: Instr = { kind: "call", dtype, fn: fn.name, args: inputs.map((_, i) => i) };
  return apply({ instr, inputs, argTypes: inputs.map(() => dtype), features });
}

/** Units in the last place of a double. */
function ulps64(y: number, exact: number): number {
  if (Object.is(y, exact) || y === exact) return 0;
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(y - exact) / 2 ** (exponent - 52);
}

/** The largest errors in ulp; what is not here stays within 2. */
const bounds: Readonly<Record<string, number>> = {
  erfinv: 4,
  lgamma: 5,
  digamma: 4,
  sinh: 3,
  asinh: 3,
  acosh: 3,
  atanh: 3,
  polygamma1: 3,
  polygamma2: 4,
  polygamma7: 8,
};

test("the list has them all", () => {
  const names = functions.map(([name]) => name);
  for (const name of ["asin", "atan2", "cosh", "hypot", "lgamma", "polygamma2"]) {
    expect(names).toContain(name);
  }
});

describe.each(functions)("%s", (name, fn) => {
  const { length } = fn.float;

  test("float64 within a few ulp", () => {
    const rows = (values as unknown as Table)[name].map((row) => row.map(Number));
    const inputs = Array.from({ length }, (_, i) =>
      arrayOf(
        "float64",
        rows.map((row) => row[i]),
      ),
    );
    run(fn, "float64", inputs).forEach((y, i) => {
      const [args, exact] = [rows[i].slice(0, -1), rows[i].at(-1)!];
      const label = `${name}(${args}) = ${y}, not ${exact}`;
      expect(ulps64(y, exact), label).toBeLessThanOrEqual(bounds[name] ?? 2);
    });
  });

  test("float32 is rounded once", () => {
    const random = generator(5);
    const dense = Array.from({ length: 10_000 }, () => 24 * random() - 12);
    const xs = Float32Array.from([...sweep(200_009, [1, 8]), ...dense]);
    // The second argument is of the first one's magnitude.
    const ys = Float32Array.from(xs, (x) => x * (2 * random() - 1));
    const inputs = [xs, ys].slice(0, length);
    let worst = { error: 0, args: [0], y: 0 };
    run(fn, "float32", inputs).forEach((y, i) => {
      const args = inputs.map((input) => input[i]);
      const error = ulps32(y, fn.float(...args));
      if (!(error <= worst.error)) worst = { error, args, y };
    });
    expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(0.51);
  });

  test("special values are those of the definition, in any lane", () => {
    const special = [
      0,
      -0,
      1,
      -1,
      0.5,
      -0.5,
      2,
      -2,
      -3,
      171,
      Infinity,
      -Infinity,
      NaN,
      1e-30,
      -1e30,
    ];
    const pairs = special.flatMap((a) => special.map((b) => [a, b]));
    for (const dtype of ["float32", "float64"] as const) {
      const inputs = Array.from({ length }, (_, i) =>
        arrayOf(
          dtype,
          pairs.map((pair) => pair[i]),
        ),
      );
      const ys = run(fn, dtype, inputs);
      ys.forEach((y, i) => {
        const args = inputs.map((input) => input[i]);
        const exact = dtype === "float32" ? Math.fround(fn.float(...args)) : fn.float(...args);
        const label = `${name}(${args}) of ${dtype} is ${y}, not ${exact}`;
        if (Number.isFinite(exact) && exact !== 0) expect(y / exact, label).toBeCloseTo(1, 6);
        else expect(y, label).toBe(exact);
      });
      const moved = run(
        fn,
        dtype,
        inputs.map((input) => input.slice(1)),
      );
      expect(sameNumbers(moved, ys.slice(1))).toBe(true);
    }
  });
});
