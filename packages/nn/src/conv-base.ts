// What convolutions and their transposes over one, two and three spatial axes have in common.
import {
  add,
  checkOptions,
  describeValue,
  OptionError,
  ShapeError,
  uniform,
  type Along,
  type CreateOptions,
  type Generator,
  type PaddingN,
  type ShapeFn,
  type SizeN,
  type SizesByRank,
  type SpatialRank,
  type Tensor,
} from "@wengert/autograd";
import { kaimingUniform } from "./init.ts";
import type { Initializer } from "./linear.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { checkSize, showOptions, showSize } from "./sizes.ts";

export interface ConvLayerOptions<
  R extends SpatialRank = SpatialRank,
  S extends SizeN = SizesByRank[R],
  P extends PaddingN = SizesByRank[R],
  D extends SizeN = SizesByRank[R],
  G extends number = number,
  B extends boolean = boolean,
> {
  /** How far the kernel moves. Default: 1. */
  readonly stride?: S;
  /** Zeros on each side, or of convolutions "same" or "valid", see conv2d. Default: 0. */
  readonly padding?: P;
  /** How far the kernel's elements lie apart. Default: 1. */
  readonly dilation?: D;
  /** Groups of channels that know nothing of each other. Default: 1. */
  readonly groups?: G;
  /** Whether there is a bias. Default: true. */
  readonly bias?: B;
  /** Where the initial values come from. Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
  /** Makes the weight. Default: uniform in ±1/√fanIn, as PyTorch. */
  readonly init?: Initializer<number[]>;
}

/** The kernel's shape. */
export type KernelShape<K extends SizeN, R extends SpatialRank> = R extends 1
  ? [Along<K, "0">]
  : R extends 2
    ? [Along<K, "0">, Along<K, "1">]
    : [Along<K, "0">, Along<K, "1">, Along<K, "2">];

/** With several groups, channels per group are not written out. */
export type PerGroup<I extends number, G extends number> = G extends 1 ? I : number;

/** Which layer it is. */
export interface ConvKind {
  readonly name: string;
  readonly rank: SpatialRank;
  /** What it computes, but for the bias. */
  readonly op: (x: Tensor, weight: Tensor, options: object) => Tensor;
  /** Whether the weight is [in, out / groups, ...] and not [out, in / groups, ...]. */
  readonly isTransposed: boolean;
  readonly options: readonly string[];
}

const axes: Record<SpatialRank, string> = {
  1: "length",
  2: "height, width",
  3: "depth, height, width",
};

export const convOptions = [
  "stride",
  "padding",
  "dilation",
  "groups",
  "bias",
  "generator",
  "dtype",
  "init",
] as const;

/** `weight` is a tensor of the shape W, `bias` one of [out channels], or null. */
export abstract class ConvBase<
  I extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN,
  P extends PaddingN,
  D extends SizeN,
  G extends number,
  B extends boolean,
  W extends number[],
  F extends ShapeFn,
> extends Module<F> {
  readonly inChannels: I;
  readonly outChannels: O;
  readonly kernelSize: K;
  readonly stride: S;
  readonly padding: P;
  readonly dilation: D;
  readonly groups: G;
  readonly weight: Tensor<W>;
  readonly bias: B extends true ? Tensor<[O]> : B extends false ? null : Tensor<[O]> | null;
  readonly #kind: ConvKind;

  protected constructor(
    kind: ConvKind,
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvLayerOptions<SpatialRank, S, P, D, G, B>,
  ) {
    super();
    const { name, rank, isTransposed } = kind;
    checkOptions(name, options, kind.options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    const { generator, dtype, init = defaultInit } = options;
    const example = `new ${name}(inChannels, outChannels, kernelSize), e.g. new ${name}(1, 6, 5)`;
    const size = kernelOf(name, kernelSize, rank);
    checkSize(name, "inChannels", inChannels, example);
    checkSize(name, "outChannels", outChannels, example);
    for (const n of size) checkSize(name, "kernelSize", n, example);
    checkGroups(name, inChannels, outChannels, groups);
    this.#kind = kind;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride as S;
    this.padding = padding as P;
    this.dilation = dilation as D;
    this.groups = groups as G;
    const [first, second] = isTransposed
      ? [inChannels, outChannels / groups]
      : [outChannels, inChannels / groups];
    const shape = [first, second, ...size];
    // PyTorch counts the weight's second axis as the inputs, for transposes as well.
    const bound = 1 / Math.sqrt(size.reduce((product, n) => product * n, second));
    const weight = init(shape, { generator, dtype });
    this.weight = parameter(weight.expect(shape)) as Tensor as typeof this.weight;
    const range = { low: -bound, high: bound, generator, dtype };
    this.bias = (bias ? parameter(uniform([outChannels], range)) : null) as typeof this.bias;
  }

  protected run(x: Tensor): Tensor {
    const { rank, op } = this.#kind;
    if (x.rank !== rank + 2 || x.shape[1] !== this.inChannels) {
      throw new ShapeError({
        where: this.toString(),
        expected: `[batch, ${this.inChannels}, ${axes[rank]}]`,
        got: `shape [${x.shape.join(", ")}]`,
        fix: "Channels are the second axis; check the layer before.",
      });
    }
    const y = op(x, this.weight as Tensor, this.opOptions());
    if (this.bias === null) return y;
    return add(y, (this.bias as Tensor).reshape([-1, ...Array<number>(rank).fill(1)]));
  }

  /** The options that the op is called with. */
  protected opOptions(): object {
    const { stride, padding, dilation, groups } = this;
    return { stride, padding, dilation, groups };
  }

  /** Options that are printed beside the common ones. */
  protected moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return {};
  }

  protected override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups } = this;
    const sizes = `${inChannels}, ${outChannels}, ${showSize(kernelSize)}`;
    return `${sizes}${showOptions({
      stride: [stride, 1],
      padding: [padding, 0],
      ...this.moreOptions(),
      dilation: [dilation, 1],
      groups: [groups, 1],
      bias: [this.bias !== null, true],
    })}`;
  }
}

function kernelOf(name: string, kernelSize: SizeN, rank: number): readonly number[] {
  if (typeof kernelSize === "number") return Array<number>(rank).fill(kernelSize);
  if (Array.isArray(kernelSize) && kernelSize.length === rank) return kernelSize;
  throw new OptionError({
    where: name,
    expected: `kernelSize: an integer > 0, or ${rank} of them`,
    got: Array.isArray(kernelSize) ? showSize(kernelSize) : describeValue(kernelSize),
    fix: "One number is for all axes.",
  });
}

/** U(−1/√fanIn, 1/√fanIn): a gain of √(2 / (1 + a²)) with a = √5. */
const defaultInit: Initializer<number[]> = (shape, options) =>
  kaimingUniform(shape, { ...options, gain: Math.sqrt(1 / 3) });

function checkGroups(where: string, inChannels: number, outChannels: number, groups: number): void {
  if (Number.isInteger(groups) && groups > 0) {
    if (inChannels % groups === 0 && outChannels % groups === 0) return;
  }
  throw new OptionError({
    where,
    expected: `groups: an integer > 0 that divides ${inChannels} and ${outChannels} channels`,
    got: typeof groups === "number" ? String(groups) : describeValue(groups),
    fix: "Leave it out for an ordinary convolution.",
  });
}
