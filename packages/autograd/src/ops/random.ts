// Random numbers as ops: functions of a generator's state, which they move on as their second output,
// so that a compiled program can draw them too. Users call the functions of generator.ts.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import * as s from "../kernel/scalar.ts";
import type { Expr } from "../kernel/expr.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { notBatchable, notDifferentiable, type OpRecord } from "../op/op.ts";
import { checkFloat } from "../op/rules.ts";
import { integers, type Draw } from "../op/samples.ts";
import { checkDType } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { checkShape, sameShape, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

type FloatType = "float32" | "float64";

export type RandomAttrs = { readonly shape: Shape; readonly dtype: FloatType };

/** How many 32-bit words a uniform number takes: float32 has 24 bits, float64 53. */
const wordsPerUniform = (dtype: FloatType): number => (dtype === "float32" ? 1 : 2);

type RandomOp = (state: Tensor, attrs: RandomAttrs) => Tensor;
type Shared = "name" | "arity" | "broadcasts" | "shape" | "vjp" | "jvp" | "batch" | "samples";

const shared = (name: string): Pick<OpRecord<RandomAttrs>, Shared> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([state], { shape, dtype }) => {
    if (state.dtype === "int32" && sameShape(state.shape, [4])) return [{ shape, dtype }, state];
    throw new ShapeError({
      where: name,
      expected: "the state of a generator, int32 [4]",
      got: `${state.dtype} ${showShape(state.shape)}`,
      fix: "Pass generator.state, or call uniform or normal.",
    });
  },
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: notBatchable,
  samples: (draw) => ({
    inputs: [integers(draw, [4], -5, 5)],
    attrs: { shape: [draw.int(0, 3), draw.int(1, 3)], dtype: drawFloat(draw) },
  }),
});

const callRandom =
  (name: string) =>
  (apply: (inputs: Tensor[], attrs: RandomAttrs) => Tensor): RandomOp =>
  (state, attrs) => {
    checkOptions(name, attrs, ["shape", "dtype"]);
    checkShape(name, attrs.shape);
    checkFloat(name, { shape: [], dtype: checkDType(name, attrs.dtype) });
    return apply([state], attrs);
  };

const drawFloat = (draw: Draw): FloatType => draw.pick(["float32", "float64"]);

/** Uniform numbers in [0, 1), as many as the shape says, from consecutive words of the stream. */
function uniforms(k: KernelBuilder, state: Value, shape: Shape, dtype: FloatType): Value {
  if (dtype === "float32") {
    return k.map([k.random(state, shape)], (word) => s.mul(high(word, 8, dtype), 2 ** -24));
  }
  const words = k.random(state, [...shape, 2]);
  // 53 bits: 27 of the first word above 26 of the second.
  return k.map([last(k, words, 0), last(k, words, 1)], (a, b) =>
    s.mul(s.add(s.mul(high(a, 5, dtype), 2 ** 26), high(b, 6, dtype)), 2 ** -53),
  );
}

/** The upper bits of a word as a float. */
const high = (word: Expr, dropped: number, dtype: FloatType): Expr =>
  s.cast(s.shiftRight(word, dropped), dtype);

/** One entry of the last axis. */
function last(k: KernelBuilder, x: Value, i: number): Value {
  const axes = x.shape.slice(0, -1).map((_, d) => d);
  const starts = [...axes.map(() => 0), i];
  return k.view(x, { shape: x.shape.slice(0, -1), axes, steps: axes.map(() => 1), starts });
}

/** Moves the state on by blocks of two words: a 64-bit addition in two signed words. */
function moveOn(k: KernelBuilder, state: Value, words: number): Value {
  const part = (start: number, size: number) =>
    k.view(state, { shape: [size], axes: [0], steps: [1], starts: [start] });
  const [key, low, high] = [part(0, 2), part(2, 1), part(3, 1)];
  // Doubles hold the sum exactly.
  const sum = k.map([low], (low) => {
    const signed = s.cast(low, "float64");
    return s.add(s.select(s.lt(signed, 0), s.add(signed, 2 ** 32), signed), Math.ceil(words / 2));
  });
  const carry = k.map([sum], (sum) => s.floor(s.div(sum, 2 ** 32)));
  const nextLow = k.map([sum, carry], (sum, carry) => {
    const rest = s.sub(sum, s.mul(carry, 2 ** 32));
    return s.cast(s.select(s.ge(rest, 2 ** 31), s.sub(rest, 2 ** 32), rest), "int32");
  });
  const nextHigh = k.map([high, carry], (high, carry) => s.add(high, s.cast(carry, "int32")));
  return k.assign(state, k.concat([key, nextLow, nextHigh], 0));
}

export const randomUniform: OpOf<RandomOp, RandomAttrs> = defineOp<RandomOp, RandomAttrs>(
  {
    ...shared("randomUniform"),
    body: (k, [state], { shape, dtype }) => [
      uniforms(k, state, shape, dtype),
      moveOn(k, state, sizeOf(shape) * wordsPerUniform(dtype)),
    ],
    reference: ([state], { shape, dtype }) => [
      new NDArray(shape, plainUniforms(state.data, sizeOf(shape), dtype)),
      plainMoveOn(state, sizeOf(shape) * wordsPerUniform(dtype)),
    ],
  },
  callRandom("randomUniform"),
);

/** Normal numbers by G. E. P. Box and M. E. Muller, "A note on the generation of random normal
 *  deviates", 1958: √(−2 ln u₁)·cos(2π u₂), with u₁ turned into (0, 1]. */
export const randomNormal: OpOf<RandomOp, RandomAttrs> = defineOp<RandomOp, RandomAttrs>(
  {
    ...shared("randomNormal"),
    body: (k, [state], { shape, dtype }) => {
      const pairs = uniforms(k, state, [...shape, 2], dtype);
      return [
        k.map([last(k, pairs, 0), last(k, pairs, 1)], (u, v) =>
          s.mul(s.sqrt(s.mul(-2, s.log(s.sub(1, u)))), s.cos(s.mul(2 * Math.PI, v))),
        ),
        moveOn(k, state, 2 * sizeOf(shape) * wordsPerUniform(dtype)),
      ];
    },
    reference: ([state], { shape, dtype }) => {
      const u = plainUniforms(state.data, 2 * sizeOf(shape), dtype);
      const numbers = NDArray.build(shape, (index) => {
        const i = 2 * index.reduce((at, j, d) => at * shape[d] + j, 0);
        return Math.sqrt(2 * Math.log(1 / (1 - u[i]))) * Math.sin(2 * Math.PI * (u[i + 1] + 0.25));
      });
      return [numbers, plainMoveOn(state, u.length * wordsPerUniform(dtype))];
    },
  },
  callRandom("randomNormal"),
);

/** The same stream in whole-number arithmetic of any size, for the tests. */
function plainUniforms(state: readonly number[], count: number, dtype: FloatType): number[] {
  const words = plainWords(state, count * wordsPerUniform(dtype));
  if (dtype === "float32") return words.map((word) => Number(word >> 8n) / 2 ** 24);
  return Array.from(
    { length: count },
    (_, i) => Number(((words[2 * i] >> 5n) << 26n) | (words[2 * i + 1] >> 6n)) / 2 ** 53,
  );
}

function plainMoveOn(state: NDArray, words: number): NDArray {
  const [key0, key1, low, high] = state.data;
  const counter =
    (BigInt(high) << 32n) + BigInt.asUintN(32, BigInt(low)) + BigInt((words + 1) >> 1);
  const signed = [counter, counter >> 32n].map((word) => Number(BigInt.asIntN(32, word)));
  return new NDArray([4], [key0, key1, ...signed]);
}

function plainWords(state: readonly number[], count: number): bigint[] {
  const mask = 0xffffffffn;
  const [k0, k1, low, high] = state.map((word) => BigInt(word) & mask);
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bdan];
  const rotations = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n];
  const words: bigint[] = [];
  for (let block = 0n; words.length < count; block++) {
    const counter = (high << 32n) + low + block;
    let a = ((counter & mask) + k0) & mask;
    let b = (((counter >> 32n) & mask) + k1) & mask;
    for (let round = 0; round < 20; round++) {
      const r = rotations[round % 8];
      a = (a + b) & mask;
      b = (((b << r) | (b >> (32n - r))) & mask) ^ a;
      if (round % 4 !== 3) continue;
      const group = (round + 1) / 4;
      a = (a + keys[group % 3]) & mask;
      b = (b + keys[(group + 1) % 3] + BigInt(group)) & mask;
    }
    words.push(a, b);
  }
  return words.slice(0, count);
}
