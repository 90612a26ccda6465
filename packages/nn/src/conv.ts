// Convolutions: what they do is said once, over R spatial axes; Conv1d, Conv2d and Conv3d give it their types.
import {
  conv1d,
  conv2d,
  conv3d,
  type ConvFn,
  type PaddingN,
  type Size1,
  type Size2,
  type Size3,
  type SizeN,
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

const ops = { 1: conv1d, 2: conv2d, 3: conv3d } as Record<SpatialRank, ConvKind["op"]>;

abstract class Convolution<
  R extends SpatialRank,
  I extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN,
  P extends PaddingN,
  D extends SizeN,
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
  [O, PerGroup<I, G>, ...KernelShape<K, R>],
  ConvFn<I, O, K, S, P, D, R>
> {
  protected constructor(
    rank: R,
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvLayerOptions<SpatialRank, S, P, D, G, B>,
  ) {
    const kind = { name: `Conv${rank}d`, rank, op: ops[rank], isTransposed: false };
    super({ ...kind, options: convOptions }, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * A convolution of sequences, [batch, inChannels, length] → [batch, outChannels, …], plus a bias; see
 * `conv1d`. `weight` is [outChannels, inChannels / groups, kernel length], `bias` is [outChannels] or null;
 * see `Conv2d`.
 * @throws OptionError for sizes that do not fit and for unknown options; ShapeError and DTypeError
 *   from forward.
 * @example new Conv1d(4, 6, 5, { stride: 2 }).forward(zeros([8, 4, 100])); // [8, 6, 48]
 */
export class Conv1d<
  const I extends number = number,
  const O extends number = number,
  const K extends Size1 = Size1,
  const S extends Size1 = 1,
  const P extends Size1 | "same" | "valid" = 0,
  const D extends Size1 = 1,
  const G extends number = 1,
  const B extends boolean = true,
> extends Convolution<1, I, O, K, S, P, D, G, B> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvLayerOptions<1, S, P, D, G, B> = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

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
  const P extends Size2 | "same" | "valid" = 0,
  const D extends Size2 = 1,
  const G extends number = 1,
  const B extends boolean = true,
> extends Convolution<2, I, O, K, S, P, D, G, B> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvLayerOptions<2, S, P, D, G, B> = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * A convolution of volumes, [batch, inChannels, depth, height, width] → [batch, outChannels, …, …, …],
 * plus a bias; see `conv3d`. `weight` is [outChannels, inChannels / groups, depth, height, width] of the
 * kernel, `bias` is [outChannels] or null; see `Conv2d`.
 * @throws OptionError for sizes that do not fit and for unknown options; ShapeError and DTypeError
 *   from forward.
 * @example new Conv3d(1, 4, 3).forward(zeros([2, 1, 8, 8, 8])); // [2, 4, 6, 6, 6]
 */
export class Conv3d<
  const I extends number = number,
  const O extends number = number,
  const K extends Size3 = Size3,
  const S extends Size3 = 1,
  const P extends Size3 | "same" | "valid" = 0,
  const D extends Size3 = 1,
  const G extends number = 1,
  const B extends boolean = true,
> extends Convolution<3, I, O, K, S, P, D, G, B> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options: ConvLayerOptions<3, S, P, D, G, B> = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
