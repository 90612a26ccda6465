import {
  add,
  checkOptions,
  conv2d,
  describeValue,
  OptionError,
  ShapeError,
  uniform,
  type ConvFn,
  type CreateOptions,
  type Generator,
  type Size2,
  type Tensor,
} from "@wengert/autograd";
import { kaimingUniform } from "./init.ts";
import type { Initializer } from "./linear.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { checkSize, showOptions, showSize } from "./sizes.ts";

export interface Conv2dLayerOptions<
  S extends Size2 = Size2,
  P extends Size2 = Size2,
  D extends Size2 = Size2,
  G extends number = number,
  B extends boolean = boolean,
> {
  /** How far the kernel moves. Default: 1. */
  readonly stride?: S;
  /** Zeros on each side. Default: 0. */
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
  readonly init?: Initializer<[number, number, number, number]>;
}

type SizeAlong<K extends Size2, Axis extends 0 | 1> = K extends readonly [number, number]
  ? K[Axis]
  : Extract<K, number>;

/** With several groups, input channels per group are not written out. */
type PerGroup<I extends number, G extends number> = G extends 1 ? I : number;

const example = "new Conv2d(inChannels, outChannels, kernelSize), e.g. new Conv2d(1, 6, 5)";

/**
 * A convolution of images, [batch, inChannels, height, width] → [batch, outChannels, …, …], plus a
 * bias; see `conv2d`. `weight` is [outChannels, inChannels / groups, height, width] of the kernel,
 * `bias` is [outChannels] or null. Both start uniform in ±1/√fanIn, as in PyTorch.
 * @throws OptionError for sizes that do not fit and for unknown options; ShapeError and DTypeError
 *   from forward.
 * @example new Conv2d(1, 6, 5, { padding: 2 }).forward(zeros([64, 1, 28, 28])); // [64, 6, 28, 28]
 */
export class Conv2d<
  const I extends number = number,
  const O extends number = number,
  const K extends Size2 = Size2,
  const S extends Size2 = 1,
  const P extends Size2 = 0,
  const D extends Size2 = 1,
  const G extends number = 1,
  const B extends boolean = true,
> extends Module<ConvFn<I, O, K, S, P, D>> {
  readonly inChannels: I;
  readonly outChannels: O;
  readonly kernelSize: K;
  readonly stride: S;
  readonly padding: P;
  readonly dilation: D;
  readonly groups: G;
  readonly weight: Tensor<[O, PerGroup<I, G>, SizeAlong<K, 0>, SizeAlong<K, 1>]>;
  readonly bias: B extends true ? Tensor<[O]> : B extends false ? null : Tensor<[O]> | null;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: Conv2dLayerOptions<S, P, D, G, B> = {},
  ) {
    super();
    checkOptions("Conv2d", options, known);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    const { generator, dtype, init = defaultInit } = options;
    const [height, width] = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
    checkSize("Conv2d", "inChannels", inChannels, example);
    checkSize("Conv2d", "outChannels", outChannels, example);
    checkSize("Conv2d", "kernelSize", height, example);
    checkSize("Conv2d", "kernelSize", width, example);
    checkGroups(inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride as S;
    this.padding = padding as P;
    this.dilation = dilation as D;
    this.groups = groups as G;
    const shape: [number, number, number, number] = [
      outChannels,
      inChannels / groups,
      height,
      width,
    ];
    const bound = 1 / Math.sqrt(shape[1] * height * width);
    const weight = init(shape, { generator, dtype });
    this.weight = parameter(weight.expect(shape)) as Tensor as typeof this.weight;
    const range = { low: -bound, high: bound, generator, dtype };
    this.bias = (bias ? parameter(uniform([outChannels], range)) : null) as typeof this.bias;
  }

  protected run(x: Tensor): Tensor {
    if (x.rank !== 4 || x.shape[1] !== this.inChannels) {
      throw new ShapeError({
        where: this.toString(),
        expected: `[batch, ${this.inChannels}, height, width]`,
        got: `shape [${x.shape.join(", ")}]`,
        fix: "Channels are the second axis; check the layer before.",
      });
    }
    const { stride, padding, dilation, groups } = this;
    const y: Tensor = conv2d(x, this.weight as Tensor, { stride, padding, dilation, groups });
    return this.bias === null ? y : add(y, (this.bias as Tensor).reshape([-1, 1, 1]));
  }

  protected override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups } = this;
    const sizes = `${inChannels}, ${outChannels}, ${showSize(kernelSize)}`;
    return `${sizes}${showOptions({
      stride: [stride, 1],
      padding: [padding, 0],
      dilation: [dilation, 1],
      groups: [groups, 1],
      bias: [this.bias !== null, true],
    })}`;
  }
}

const known = [
  "stride",
  "padding",
  "dilation",
  "groups",
  "bias",
  "generator",
  "dtype",
  "init",
] as const;

/** U(−1/√fanIn, 1/√fanIn): a gain of √(2 / (1 + a²)) with a = √5. */
const defaultInit: Initializer<[number, number, number, number]> = (shape, options) =>
  kaimingUniform(shape, { ...options, gain: Math.sqrt(1 / 3) });

function checkGroups(inChannels: number, outChannels: number, groups: number): void {
  if (Number.isInteger(groups) && groups > 0) {
    if (inChannels % groups === 0 && outChannels % groups === 0) return;
  }
  throw new OptionError({
    where: "Conv2d",
    expected: `groups: an integer > 0 that divides ${inChannels} and ${outChannels} channels`,
    got: typeof groups === "number" ? String(groups) : describeValue(groups),
    fix: "Leave it out for an ordinary convolution.",
  });
}
