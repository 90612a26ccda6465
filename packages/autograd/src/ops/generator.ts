// Seeded generators and the tensors drawn from them.
import { advance, threefry } from "../kernel/threefry.ts";
import type { CreateFn } from "../tensor/signatures.ts";
import { tensor, wrap, type CreateOptions } from "../tensor/create.ts";
import { checkDType, describe, isFloat, type DType } from "../tensor/dtype.ts";
import { DTypeError, OptionError, type Complaint } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { checkShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { minimum } from "./arith.ts";
import { add, mul } from "./pointwise.ts";
import { assign } from "./assign.ts";
import { randomNormal, randomUniform, type RandomAttrs } from "./random.ts";

/**
 * A seeded source of random numbers (Threefry-2x32): the same seed gives the same numbers, on any
 * machine. `split` makes generators that are independent of this one and of each other.
 * @example
 * const generator = new Generator(42);
 * normal([2, 3], { generator });
 */
export class Generator {
  /** [key, key, counter, counter] as int32: all there is to save and restore. */
  readonly state: Tensor<[4]>;

  /** @param seed An integer from 0 to 2^53 − 1. @throws OptionError for anything else. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new OptionError({
        where: "Generator",
        expected: "a seed: an integer from 0 to 2^53 - 1",
        got: brief(seed),
        fix: "Pass e.g. 42.",
      });
    }
    this.state = stateOf(seed | 0, Math.floor(seed / 2 ** 32) | 0);
  }

  /** Independent generators, the same ones for the same state. Moves this one on.
   *  @example const [weights, dropout] = generator.split(2); */
  split(count = 2): Generator[] {
    checkCount("split", "a number of generators", count, "generator.split(2)");
    const children = Array.from({ length: count }, () => {
      const [key0, key1, low, high] = this.state.data;
      const block = new Int32Array(2);
      // A key of its own for splitting keeps children apart from the numbers drawn here.
      threefry(~key0, ~key1, low, high, block);
      this.advance(1);
      const child = new Generator(0);
      assign(child.state, stateOf(block[0], block[1]));
      return child;
    });
    return children;
  }

  /** Moves the counter on, by blocks of two words. */
  advance(blocks: number): void {
    const [key0, key1, low, high] = this.state.data;
    assign(this.state, stateOf(key0, key1, ...advance(low, high, blocks)));
  }
}

const stateOf = (key0: number, key1: number, low = 0, high = 0): Tensor<[4]> =>
  tensor(Int32Array.of(key0, key1, low, high), { shape: [4] });

const defaultGenerator = new Generator(0);

/** Starts the generator anew that is used where none is given, also by functions that have been
 *  compiled, and returns it. Without it the seed is 0. */
export function manualSeed(seed: number): Generator {
  assign(defaultGenerator.state, new Generator(seed).state);
  return defaultGenerator;
}

export interface RandomOptions extends CreateOptions {
  /** Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
}

export interface UniformOptions extends RandomOptions {
  /** The lower end, included. Default: 0. */
  readonly low?: number;
  /** The upper end, not included. Default: 1. */
  readonly high?: number;
}

export interface NormalOptions extends RandomOptions {
  /** Default: 0. */
  readonly mean?: number;
  /** The standard deviation, >= 0. Default: 1. */
  readonly std?: number;
}

/** Uniform random numbers in [low, high). Inside of vmap a draw is the same for every example.
 *  @example uniform([2, 3], { low: -1, generator }) */
export const uniform = ((shape: Shape, options: UniformOptions = {}) => {
  checkOptions("uniform", options, ["low", "high", ...common]);
  const { low = 0, high = 1 } = options;
  checkRange("uniform", [low, high].every(Number.isFinite) && low <= high, {
    expected: "finite numbers low <= high",
    got: `low ${brief(low)}, high ${brief(high)}`,
    fix: "Write e.g. { low: -1, high: 1 }.",
  });
  const unit = draw("uniform", randomUniform, shape, options);
  if (low === 0 && high === 1) return leaf(unit, options);
  // Rounding may reach the upper end, which is not included.
  const scaled = add(mul(unit, high - low), low);
  return leaf(low < high ? minimum(scaled, below(high, scaled.dtype)) : scaled, options);
}) as CreateFn<UniformOptions>;

/** The greatest number of the dtype that is less than x. */
function below(x: number, dtype: DType): number {
  const isSingle = dtype === "float32";
  const value = isSingle ? new Float32Array([x]) : new Float64Array([x]);
  if (value[0] < x) return value[0];
  if (value[0] === 0) return isSingle ? -(2 ** -149) : -Number.MIN_VALUE;
  // The bits of floats of one sign are ordered as integers.
  const bits = isSingle ? new Int32Array(value.buffer) : new BigInt64Array(value.buffer);
  const away = value[0] < 0;
  if (bits instanceof Int32Array) bits[0] += away ? 1 : -1;
  else bits[0] += away ? 1n : -1n;
  return value[0];
}

/** Normal random numbers. Inside of vmap a draw is the same for every example.
 *  @example normal([784, 300], { std: 0.01, generator }) */
export const normal = ((shape: Shape, options: NormalOptions = {}) => {
  checkOptions("normal", options, ["mean", "std", ...common]);
  const { mean = 0, std = 1 } = options;
  checkRange("normal", [mean, std].every(Number.isFinite) && std >= 0, {
    expected: "a finite mean and a finite std >= 0",
    got: `mean ${brief(mean)}, std ${brief(std)}`,
    fix: "Write e.g. { mean: 0, std: 0.1 }.",
  });
  const standard = draw("normal", randomNormal, shape, options);
  return leaf(mean === 0 && std === 1 ? standard : add(mul(standard, std), mean), options);
}) as CreateFn<NormalOptions>;

const common = ["generator", "dtype", "requiresGrad"];

function checkRange(where: string, valid: boolean, complaint: Omit<Complaint, "where">): void {
  if (!valid) throw new OptionError({ where, ...complaint });
}

function checkCount(where: string, what: string, count: number, example: string): void {
  checkRange(where, Number.isInteger(count) && count >= 0, {
    expected: `${what}: an integer >= 0`,
    got: brief(count),
    fix: `Write e.g. ${example}.`,
  });
}

function draw(
  where: string,
  op: (state: Tensor, attrs: RandomAttrs) => Tensor,
  shape: Shape,
  options: RandomOptions,
): Tensor {
  const dtype = checkDType(where, options.dtype ?? "float32");
  if (!isFloat(dtype)) {
    throw new DTypeError({
      where,
      expected: "float32 or float64",
      got: dtype,
      fix: "For integers use randomIntegers.",
    });
  }
  const { generator = defaultGenerator } = options;
  checkRange(where, generator instanceof Generator, {
    expected: "generator: a Generator",
    got: describe(generator),
    fix: "Write { generator: new Generator(42) }.",
  });
  const { state } = generator;
  return op(state, { shape: checkShape(where, shape), dtype: dtype as RandomAttrs["dtype"] });
}

/** A parameter is a leaf of the tape with memory of its own. */
function leaf(x: Tensor, { requiresGrad = false }: RandomOptions): Tensor {
  const result = x.detach();
  result.requiresGrad = requiresGrad;
  return result;
}

export interface RandomIntegersOptions {
  /** Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
  /** The smallest integer. Default: 0. */
  readonly low?: number;
  /** One more than the largest integer. */
  readonly high: number;
}

/** Random integers (int32) from low up to but without high, all equally likely to within 2^-20.
 *  @example randomIntegers([10], { high: 6, generator }) */
export const randomIntegers = ((shape: Shape, options: RandomIntegersOptions) => {
  checkOptions("randomIntegers", options, ["low", "high", "generator"]);
  const { low = 0, high, generator } = options;
  const valid =
    Number.isInteger(low) &&
    Number.isInteger(high) &&
    low < high &&
    low >= -(2 ** 31) &&
    high <= 2 ** 31;
  checkRange("randomIntegers", valid, {
    expected: "integers low < high from -2^31 to 2^31",
    got: `low ${brief(low)}, high ${high === undefined ? "left out" : brief(high)}`,
    fix: "Write e.g. { low: 1, high: 7 } for a die.",
  });
  const unit = draw("randomIntegers", randomUniform, shape, { generator, dtype: "float64" }).data;
  const values = Int32Array.from(unit, (u) => low + Math.floor(u * (high - low)));
  return wrap("randomIntegers", values, shape, "int32");
}) as CreateFn<RandomIntegersOptions>;

/** The integers 0 … n − 1 (int32) in random order. @example permutation(60000, { generator }) */
export function permutation<const N extends number>(
  n: N,
  options: { readonly generator?: Generator } = {},
): Tensor<[N]> {
  checkOptions("permutation", options, ["generator"]);
  checkCount("permutation", "a number of elements", n, "permutation(10)");
  const unit = draw("permutation", randomUniform, [n], { ...options, dtype: "float64" }).data;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  // R. A. Fisher and F. Yates, in the form of R. Durstenfeld, 1964.
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(unit[i] * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return wrap("permutation", order, [n], "int32") as Tensor<[N]>;
}
