import {
  add,
  checkOptions,
  contract,
  DTypeError,
  ShapeError,
  uniform,
  type CreateOptions,
  type Generator,
  type LinearFn,
  type Tensor,
} from "@wengert/autograd";
import { kaimingUniform, type InitOptions } from "./init.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { checkSize } from "./sizes.ts";

/** Makes a weight, e.g. `xavierUniform`. */
export type Initializer<S extends number[] = [number, number]> = (
  shape: S,
  options: InitOptions,
) => Tensor;

export interface LinearOptions<B extends boolean = boolean> {
  /** Whether there is a bias. Default: true. */
  readonly bias?: B;
  /** Where the initial values come from. Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
  /** Makes the weight. Default: uniform in ±1/√inFeatures, as PyTorch. */
  readonly init?: Initializer;
}

const example = "new Linear(inFeatures, outFeatures), e.g. new Linear(784, 10)";

/**
 * The affine map x · weightᵀ + bias of the last axis: [..., inFeatures] → [..., outFeatures].
 * `weight` is [outFeatures, inFeatures], `bias` is [outFeatures] or null. Both start uniform in
 * ±1/√inFeatures (for the weight that is He et al.'s rule with a slope of √5, as in PyTorch).
 * @throws OptionError for sizes that are no positive integers and for unknown options; ShapeError
 *   and DTypeError from forward.
 * @example new Linear(784, 10).forward(zeros([64, 784])); // shape [64, 10]
 */
export class Linear<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Module<LinearFn<I, O>> {
  readonly inFeatures: I;
  readonly outFeatures: O;
  readonly weight: Tensor<[O, I]>;
  readonly bias: B extends true ? Tensor<[O]> : B extends false ? null : Tensor<[O]> | null;

  constructor(inFeatures: I, outFeatures: O, options: LinearOptions<B> = {}) {
    super();
    checkOptions("Linear", options, ["bias", "generator", "dtype", "init"]);
    checkSize("Linear", "inFeatures", inFeatures, example);
    checkSize("Linear", "outFeatures", outFeatures, example);
    const { bias = true, generator, dtype, init = defaultInit } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const bound = 1 / Math.sqrt(inFeatures);
    const range = { low: -bound, high: bound, generator, dtype };
    const weight = init([outFeatures, inFeatures], { generator, dtype });
    this.weight = parameter(weight.expect([outFeatures, inFeatures])) as typeof this.weight;
    this.bias = (bias ? parameter(uniform([outFeatures], range)) : null) as typeof this.bias;
  }

  protected run(x: Tensor): Tensor {
    const { rank, dtype } = x;
    if (rank === 0 || x.shape[rank - 1] !== this.inFeatures) {
      throw new ShapeError({
        where: this.toString(),
        expected: `${this.inFeatures} input features (the size of the last axis)`,
        got: rank === 0 ? "a scalar" : `shape [${x.shape.join(", ")}]`,
        fix: "Check the layer before, or flatten the input.",
      });
    }
    const own: string = this.weight.dtype;
    if (dtype !== own) {
      const isFloat = dtype === "float32" || dtype === "float64";
      const other = isFloat ? `, or make the layer with { dtype: "${dtype}" }` : "";
      throw new DTypeError({
        where: this.toString(),
        expected: `an input of the weight's dtype, ${own}`,
        got: dtype,
        fix: `Cast the input, cast(x, "${own}")${other}.`,
      });
    }
    const y = contract(x, this.weight, labelsOf(rank));
    return this.bias === null ? y : add(y, this.bias as Tensor);
  }

  protected override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias === null ? ", bias: false" : ""}`;
  }
}

/** U(−1/√fanIn, 1/√fanIn): a gain of √(2 / (1 + a²)) with a = √5. */
const defaultInit: Initializer = (shape, options) =>
  kaimingUniform(shape, { ...options, gain: Math.sqrt(1 / 3) });

/** x[…, k] · weight[o, k] → y[…, o], as labels of a contraction; kept by rank. */
function labelsOf(rank: number): Parameters<typeof contract>[2] {
  const known = labels.get(rank);
  if (known) return known;
  const batch = Array.from({ length: rank - 1 }, (_, i) => i);
  const made = { a: [...batch, rank], b: [rank + 1, rank], out: [...batch, rank + 1] };
  labels.set(rank, made);
  return made;
}

const labels = new Map<number, Parameters<typeof contract>[2]>();
