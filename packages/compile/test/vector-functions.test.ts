// The functions that are approximated, over the whole range of float32 and against the host's
// doubles: errors in units in the last place, and the values where no error is allowed.
import { describe, expect, test } from "vitest";
import { primitives } from "@wengert/autograd/compiler";
import { type Approximation } from "./approximations.ts";
import type { Instr } from "../src/plan/ir.ts";
import {
  apply,
  arrayOf,
  generator,
  hasRelaxedSimd,
  sameNumbers,
  sweep,
  ulps32,
  variants,
} from "./vector.support.ts";

type Fn = Approximation;

const call = (fn: string, dtype: "float32" | "float64", args = [0]): Instr => ({
  kind: "call",
  dtype,
  fn,
  args,
});

/** Where a function changes its ways, or its result its kind. */
const points: Record<Fn, readonly number[]> = {
  exp: [1, -1, 88.722839, -87.336544, -103.97208, Math.LN2, -Math.LN2],
  tanh: [0.5, -0.5, 9.0108, 9.1, 1e-4],
  sigmoid: [0, 1, -3.441, -4.5, -16.637, -87, -88.7, -103.9],
  log: [1, Math.SQRT1_2, Math.SQRT2, 2 ** -126],
  erf: [1, -1, 3.8325, 3.95, 1e-4],
  erfc: [0, 1, -1, 3.9, -3.9, 9.19, 10.05, 10.2],
  ndtr: [0, 1, -4, 5.3, -13, -14.17, -14.42],
  gauss: [0, 1, -4, 13.2, 14.42, -14.5],
  sin: [Math.PI, Math.PI / 4, -22 / 7, 355, 2 ** 20, -(2 ** 20), 1e5],
  cos: [Math.PI / 2, Math.PI / 4, 11, 2 ** 20, -(2 ** 20), 1e5],
  tan: [Math.PI / 2, Math.PI / 4, -11, 2 ** 20, -(2 ** 20), 1e5],
  exp2: [0, 1, -1, 0.5, 127.99, -126, -149, -149.5],
  log2: [1, 8, Math.SQRT1_2, 2 ** -126],
  log10: [1, 1000, Math.SQRT1_2, 2 ** -126],
  cbrt: [1, -1, 8, -27, 2 ** -126],
  log1p: [1e-4, -1e-4, -1, Math.SQRT2 - 1, 1],
  expm1: [1e-4, -1e-4, 88.722839, -17.32868, 0.34657],
};

/** The largest error in ulp that is allowed. 2 is promised of exp, tanh, sigmoid, log, erf, sin and cos; ndtr is a
 *  product of three roundings and an exponential, and precise enough for gelu in its lower tail. */
const bounds: Record<Fn, number> = {
  exp: 1.75,
  tanh: 2,
  sigmoid: 1.75,
  log: 1,
  erf: 1.5,
  ndtr: 5,
  gauss: 2,
  // In doubles, so rounded once.
  erfc: 0.6,
  sin: 0.51,
  cos: 0.51,
  tan: 0.51,
  exp2: 0.51,
  log2: 0.51,
  log10: 0.51,
  cbrt: 0.51,
  log1p: 0.51,
  expm1: 0.51,
};

describe.each(variants)("float32, with fused multiply-add: $relaxedSimd", (features) => {
  test.each(Object.keys(points) as Fn[])("%s", (fn) => {
    const random = generator(7);
    const dense = Float32Array.from({ length: 120_000 }, () => 24 * random() - 12);
    const xs = Float32Array.from([...sweep(8209, points[fn]), ...dense]);
    const instr = call(fn, "float32");
    const ys = apply({ instr, inputs: [xs], argTypes: ["float32"], features });
    let worst = { error: 0, x: 0, y: 0, exact: 0 };
    xs.forEach((x, i) => {
      const exact = primitives[fn].float(x);
      const error = ulps32(ys[i], exact);
      if (!(error <= worst.error)) worst = { error, x, y: ys[i], exact };
    });
    expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(bounds[fn]);
  });

  test.each(Object.keys(points) as Fn[])("%s in two lanes has the same bits", (fn) => {
    const xs = sweep(1_000_003, points[fn].slice(0, 2));
    const application = {
      instr: call(fn, "float32"),
      inputs: [xs],
      argTypes: ["float32"],
      features,
    } as const;
    const four = apply({ ...application, lanes: 4 });
    expect(sameNumbers(apply({ ...application, lanes: 2 }), four)).toBe(true);
    // Nor does it matter in which lane an element is, or what is beside it.
    const moved = apply({ ...application, inputs: [xs.slice(1)] });
    expect(sameNumbers(moved, four.slice(1))).toBe(true);
  });

  test("pow", () => {
    const random = generator(17);
    const special = [
      0,
      -0,
      1,
      -1,
      Infinity,
      -Infinity,
      NaN,
      2,
      -2,
      3,
      -3,
      0.5,
      -0.5,
      1.75,
      2 ** 24,
    ];
    const edges = [
      ...special,
      1e-45,
      -1e-45,
      3.4e38,
      -3.4e38,
      0.99999994,
      1.0000001,
      1e9,
      1e-9,
      -7,
    ];
    const pairs = edges.flatMap((x) => edges.map((y) => [x, y]));
    // Bases of all exponents, and exponents that bring the power anywhere from denormals to overflow.
    for (let i = 0; i < 200_000; i++) {
      const x = Math.fround((1 + random()) * 2 ** Math.floor(253 * random() - 126));
      const y = ((300 * random() - 150) / Math.log2(x)) * (i % 3 ? 1 : random());
      pairs.push([i % 5 ? x : -x, i % 5 ? y : Math.round(y)]);
    }
    const inputs = [0, 1].map((k) => Float32Array.from(pairs, (pair) => pair[k]));
    const instr: Instr = { ...call("pow", "float32"), args: [0, 1] } as Instr;
    const ys = apply({ instr, inputs, argTypes: ["float32", "float32"], features });
    let worst = { error: 0, x: 0, y: 0 };
    ys.forEach((got, i) => {
      const [x, y] = [inputs[0][i], inputs[1][i]];
      const error = ulps32(got, primitives.pow.float(x, y));
      if (!(error <= worst.error)) worst = { error, x, y };
    });
    expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(0.51);
  });

  test("special values are those of Math", () => {
    const special = [0, -0, Infinity, -Infinity, NaN, -1, 2 ** -120, -(2 ** -120), 1e30, -1e30];
    for (const fn of Object.keys(points) as Fn[]) {
      for (const dtype of ["float32", "float64"] as const) {
        const inputs = [arrayOf(dtype, special)];
        const ys = apply({ instr: call(fn, dtype), inputs, argTypes: [dtype], features });
        special.forEach((x, i) => {
          const exact = primitives[fn].float(inputs[0][i]);
          if (Number.isFinite(exact) && exact !== 0) {
            expect(ys[i] / exact, `${fn}(${x}), ${dtype}`).toBeCloseTo(1, 6);
          } else expect(ys[i], `${fn}(${x}), ${dtype}`).toBe(exact);
        });
      }
    }
    const one = [arrayOf("float32", [0, -0, 1])];
    const at = (fn: Fn) => [
      ...apply({ instr: call(fn, "float32"), inputs: one, argTypes: ["float32"], features }),
    ];
    expect(at("exp").slice(0, 2)).toEqual([1, 1]);
    expect(at("cos").slice(0, 2)).toEqual([1, 1]);
    expect(at("log")).toEqual([-Infinity, -Infinity, 0]);
  });

  test("float64 agrees with the host to 1e-15", () => {
    const random = generator(3);
    const wide = Array.from({ length: 4000 }, () => (2 * random() - 1) * 2 ** (60 * random() - 50));
    const edges = [
      709.78, 709.79, -708.4, -744.4, -745.2, 709.4361, 709.4362, -37.5, 26.5, 27.2, -38.4, 1e-300,
      5e-324,
    ];
    const xs = arrayOf("float64", [...wide, ...edges, 2 ** -1022, 1.7e308, 0.9999999, 1.0000001]);
    for (const fn of Object.keys(points) as Fn[]) {
      const ys = apply({
        instr: call(fn, "float64"),
        inputs: [xs],
        argTypes: ["float64"],
        features,
      });
      // Denormals have fewer digits: one unit of theirs.
      const isRight = (y: number, exact: number): boolean =>
        Number.isFinite(exact) && exact !== 0
          ? Math.abs(y - exact) <= Math.max(1e-15 * Math.abs(exact), 5e-324)
          : Object.is(y, exact);
      const wrong: string[] = [];
      xs.forEach((x, i) => {
        const exact = primitives[fn].float(x);
        if (!isRight(ys[i], exact)) wrong.push(`${fn}(${x}) = ${ys[i]}, host ${exact}`);
      });
      expect(wrong).toEqual([]);
    }
  });
});

test("both variants were tried where the engine has relaxed SIMD", () => {
  const node = Number(process.versions.node.split(".")[0]);
  expect(hasRelaxedSimd).toBe(node >= 22);
  expect(variants).toHaveLength(hasRelaxedSimd ? 2 : 1);
});
