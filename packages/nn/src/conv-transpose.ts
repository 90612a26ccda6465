// Transposes of convolutions: what they do is said once, over R spatial axes; the exported classes give it
// their types.
import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeFn,
  type Size1,
  type Size2,
  type Size3,
  type SizeN,
  type SizesByRank,
  type SpatialRank,
} from "@wengert/autograd";
import {
  ConvBase,
  convOptions,
  type ConvKind,
  type ConvLayerOptions,
  type KernelShape,
  type PerGroup,
} from "./conv-base.ts";

export interface ConvTransposeLayerOptions<
  R extends SpatialRank = SpatialRank,
  S extends SizeN = SizesByRank[R],
  P extends SizeN = SizesByRank[R],
  D extends SizeN = SizesByRank[R],
  E extends SizeN = SizesByRank[R],
  G extends number = number,
  B extends boolean = boolean,
> extends ConvLayerOptions<R, S, P, D, G, B> {
  /** So many elements more at the end of each axis, fewer than the stride or the dilation. Default: 0. */
  readonly outputPadding?: E;
}

const ops = { 1: convTranspose1d, 2: convTranspose2d, 3: convTranspose3d } as Record<
  SpatialRank,
  ConvKind["op"]
>;

abstract class ConvolutionTranspose<
  R extends SpatialRank,
  I extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
  E extends SizeN,
  G extends number,
  B extends boolean,
> extends ConvBase<
  I,
  O,
  K,
  S,
  P,
  D,
  G,
  B,
  [I, PerGroup<O, G>, ...KernelShape<K, R>],
  ConvTransposeFn<I, O, K, S, P, D, E, R>
> {
  readonly outputPadding: E;

  protected constructor(
    rank: R,
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvTransposeLayerOptions<SpatialRank, S, P, D, E, G, B>,
  ) {
    const kind = { name: `ConvTranspose${rank}d`, rank, op: ops[rank], isTransposed: true };
    const known = [...convOptions, "outputPadding"];
    super({ ...kind, options: known }, inChannels, outChannels, kernelSize, options);
    this.outputPadding = options.outputPadding ?? (0 as SizeN as E);
  }

  protected override opOptions(): object {
    return { ...super.opOptions(), outputPadding: this.outputPadding };
  }

  protected override moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return { outputPadding: [this.outputPadding, 0] };
  }
}

/**
 * The transpose of a convolution of sequences, [batch, inChannels, length] → [batch, outChannels, …], plus
 * a bias; see `convTranspose1d`. `weight` is [inChannels, outChannels / groups, kernel length]; see
 * `ConvTranspose2d`.
 * @throws OptionError for sizes that do not fit and for unknown options; ShapeError and DTypeError
 *   from forward.
 * @example new ConvTranspose1d(6, 4, 5, { stride: 2 }).forward(zeros([8, 6, 48])); // [8, 4, 99]
 */
export class ConvTranspose1d<
  const I extends number = number,
  const O extends number = number,
  const K extends Size1 = Size1,
  const S extends Size1 = 1,
  const P extends Size1 = 0,
  const D extends Size1 = 1,
  const E extends Size1 = 0,
  const G extends number = 1,
  const B extends boolean = true,
> extends ConvolutionTranspose<1, I, O, K, S, P, D, E, G, B> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvTransposeLayerOptions<1, S, P, D, E, G, B> = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * The transpose of a convolution of images, [batch, inChannels, height, width] →
 * [batch, outChannels, …, …], plus a bias; see `convTranspose2d`. `weight` is
 * [inChannels, outChannels / groups, height, width] of the kernel, `bias` is [outChannels] or null. Both
 * start uniform in ±1/√(weight.shape[1] · kernel), as in PyTorch.
 * @throws OptionError for sizes that do not fit and for unknown options; ShapeError and DTypeError
 *   from forward.
 * @example new ConvTranspose2d(16, 4, 2, { stride: 2 }).forward(zeros([8, 16, 7, 7])); // [8, 4, 14, 14]
 */
export class ConvTranspose2d<
  const I extends number = number,
  const O extends number = number,
  const K extends Size2 = Size2,
  const S extends Size2 = 1,
  const P extends Size2 = 0,
  const D extends Size2 = 1,
  const E extends Size2 = 0,
  const G extends number = 1,
  const B extends boolean = true,
> extends ConvolutionTranspose<2, I, O, K, S, P, D, E, G, B> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvTransposeLayerOptions<2, S, P, D, E, G, B> = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * The transpose of a convolution of volumes, [batch, inChannels, depth, height, width] →
 * [batch, outChannels, …, …, …], plus a bias; see `convTranspose3d`. `weight` is
 * [inChannels, outChannels / groups, depth, height, width] of the kernel; see `ConvTranspose2d`.
 * @throws OptionError for sizes that do not fit and for unknown options; ShapeError and DTypeError
 *   from forward.
 * @example new ConvTranspose3d(2, 3, 2, { stride: 2 }).forward(zeros([1, 2, 4, 4, 4])); // [1, 3, 8, 8, 8]
 */
export class ConvTranspose3d<
  const I extends number = number,
  const O extends number = number,
  const K extends Size3 = Size3,
  const S extends Size3 = 1,
  const P extends Size3 = 0,
  const D extends Size3 = 1,
  const E extends Size3 = 0,
  const G extends number = 1,
  const B extends boolean = true,
> extends ConvolutionTranspose<3, I, O, K, S, P, D, E, G, B> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvTransposeLayerOptions<3, S, P, D, E, G, B> = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
