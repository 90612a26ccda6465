// Pools: what they do is said once, over R spatial axes; the exported classes give it their types.
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  checkOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type AdaptivePoolFn,
  type AdaptiveSize,
  type PoolFn,
  type ShapeFn,
  type Size1,
  type Size2,
  type Size3,
  type SizeN,
  type SizesByRank,
  type SpatialRank,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";
import { showOptions, showSize } from "./sizes.ts";

export interface PoolLayerOptions<
  R extends SpatialRank = SpatialRank,
  S extends SizeN = SizesByRank[R],
  P extends SizeN = SizesByRank[R],
  C extends boolean = boolean,
> {
  /** How far the window moves. Default: its size. */
  readonly stride?: S;
  /** Elements added on each side, at most half of the window. Default: 0. */
  readonly padding?: P;
  /** Whether the last window may reach over the edge; see maxPool2d. Default: false. */
  readonly ceilMode?: C;
}

export interface MaxPoolLayerOptions<
  R extends SpatialRank = SpatialRank,
  S extends SizeN = SizesByRank[R],
  P extends SizeN = SizesByRank[R],
  D extends SizeN = SizesByRank[R],
  C extends boolean = boolean,
> extends PoolLayerOptions<R, S, P, C> {
  /** How far the window's elements lie apart. Default: 1. */
  readonly dilation?: D;
}

export interface AvgPoolLayerOptions<
  R extends SpatialRank = SpatialRank,
  S extends SizeN = SizesByRank[R],
  P extends SizeN = SizesByRank[R],
  C extends boolean = boolean,
> extends PoolLayerOptions<R, S, P, C> {
  /** Whether the zeros of the padding count in the mean. Default: true. */
  readonly countIncludePad?: boolean;
}

/** Which pool it is. */
interface PoolKind {
  readonly name: string;
  readonly op: (x: Tensor, kernelSize: SizeN, options: object) => Tensor;
  readonly options: readonly string[];
}

/** What pools with windows of a size have in common. */
abstract class PoolBase<
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  C extends boolean,
  F extends ShapeFn,
> extends Module<F> {
  readonly kernelSize: K;
  readonly stride: S;
  readonly padding: P;
  readonly ceilMode: C;
  readonly #kind: PoolKind;

  protected constructor(
    kind: PoolKind,
    kernelSize: K,
    options: PoolLayerOptions<SpatialRank, S, P, C>,
  ) {
    super();
    checkOptions(kind.name, options, kind.options);
    this.#kind = kind;
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? (kernelSize as SizeN as S);
    this.padding = options.padding ?? (0 as SizeN as P);
    this.ceilMode = options.ceilMode ?? (false as C);
  }

  protected run(x: Tensor): Tensor {
    return this.#kind.op(x, this.kernelSize, this.opOptions());
  }

  /** The options that the op is called with. */
  protected opOptions(): object {
    return { stride: this.stride, padding: this.padding, ceilMode: this.ceilMode };
  }

  /** Options that are printed beside the common ones. */
  protected moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return {};
  }

  protected override describe(): string {
    const { kernelSize, stride, padding, ceilMode } = this;
    return `${showSize(kernelSize)}${showOptions({
      stride: [stride, kernelSize],
      padding: [padding, 0],
      ...this.moreOptions(),
      ceilMode: [ceilMode, false],
    })}`;
  }
}

const maxPools = { 1: maxPool1d, 2: maxPool2d, 3: maxPool3d } as Record<
  SpatialRank,
  PoolKind["op"]
>;

abstract class MaxPool<
  R extends SpatialRank,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
  C extends boolean,
> extends PoolBase<K, S, P, C, PoolFn<K, S, P, `maxPool${R}d`, R, D, C>> {
  readonly dilation: D;

  protected constructor(
    rank: R,
    kernelSize: K,
    options: MaxPoolLayerOptions<SpatialRank, S, P, D, C>,
  ) {
    const known = ["stride", "padding", "dilation", "ceilMode"];
    super({ name: `MaxPool${rank}d`, op: maxPools[rank], options: known }, kernelSize, options);
    this.dilation = options.dilation ?? (1 as SizeN as D);
  }

  protected override opOptions(): object {
    return { ...super.opOptions(), dilation: this.dilation };
  }

  protected override moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return { dilation: [this.dilation, 1] };
  }
}

const avgPools = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d } as Record<
  SpatialRank,
  PoolKind["op"]
>;

abstract class AvgPool<
  R extends SpatialRank,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  C extends boolean,
> extends PoolBase<K, S, P, C, PoolFn<K, S, P, `avgPool${R}d`, R, 1, C>> {
  readonly countIncludePad: boolean;

  protected constructor(
    rank: R,
    kernelSize: K,
    options: AvgPoolLayerOptions<SpatialRank, S, P, C>,
  ) {
    const known = ["stride", "padding", "ceilMode", "countIncludePad"];
    super({ name: `AvgPool${rank}d`, op: avgPools[rank], options: known }, kernelSize, options);
    this.countIncludePad = options.countIncludePad ?? true;
  }

  protected override opOptions(): object {
    return { ...super.opOptions(), countIncludePad: this.countIncludePad };
  }

  protected override moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return { countIncludePad: [this.countIncludePad, true] };
  }
}

abstract class AdaptiveAvgPool<R extends 1 | 2 | 3, N extends AdaptiveSize> extends Module<
  AdaptivePoolFn<N, R, `adaptiveAvgPool${R}d`>
> {
  readonly outputSize: N;

  constructor(outputSize: N) {
    super();
    this.outputSize = outputSize;
  }

  protected override describe(): string {
    return showSize(this.outputSize);
  }
}

/** The largest element of each window over the last axis; see `maxPool1d`.
 *  @example new MaxPool1d(2).forward(zeros([8, 4, 100])); // shape [8, 4, 50] */
export class MaxPool1d<
  const K extends Size1 = Size1,
  const S extends Size1 = K,
  const P extends Size1 = 0,
  const D extends Size1 = 1,
  const C extends boolean = false,
> extends MaxPool<1, K, S, P, D, C> {
  constructor(kernelSize: K, options: MaxPoolLayerOptions<1, S, P, D, C> = {}) {
    super(1, kernelSize, options);
  }
}

/** The largest element of each window over the last two axes; see `maxPool2d`.
 *  @example new MaxPool2d(2).forward(zeros([64, 6, 28, 28])); // shape [64, 6, 14, 14] */
export class MaxPool2d<
  const K extends Size2 = Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
  const D extends Size2 = 1,
  const C extends boolean = false,
> extends MaxPool<2, K, S, P, D, C> {
  constructor(kernelSize: K, options: MaxPoolLayerOptions<2, S, P, D, C> = {}) {
    super(2, kernelSize, options);
  }
}

/** The largest element of each window over the last three axes; see `maxPool3d`.
 *  @example new MaxPool3d(2).forward(zeros([2, 4, 8, 8, 8])); // shape [2, 4, 4, 4, 4] */
export class MaxPool3d<
  const K extends Size3 = Size3,
  const S extends Size3 = K,
  const P extends Size3 = 0,
  const D extends Size3 = 1,
  const C extends boolean = false,
> extends MaxPool<3, K, S, P, D, C> {
  constructor(kernelSize: K, options: MaxPoolLayerOptions<3, S, P, D, C> = {}) {
    super(3, kernelSize, options);
  }
}

/** The mean of each window over the last axis; see `avgPool1d`.
 *  @example new AvgPool1d(2).forward(zeros([8, 4, 100])); // shape [8, 4, 50] */
export class AvgPool1d<
  const K extends Size1 = Size1,
  const S extends Size1 = K,
  const P extends Size1 = 0,
  const C extends boolean = false,
> extends AvgPool<1, K, S, P, C> {
  constructor(kernelSize: K, options: AvgPoolLayerOptions<1, S, P, C> = {}) {
    super(1, kernelSize, options);
  }
}

/** The mean of each window over the last two axes; see `avgPool2d`.
 *  @example new AvgPool2d(2).forward(zeros([64, 6, 28, 28])); // shape [64, 6, 14, 14] */
export class AvgPool2d<
  const K extends Size2 = Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
  const C extends boolean = false,
> extends AvgPool<2, K, S, P, C> {
  constructor(kernelSize: K, options: AvgPoolLayerOptions<2, S, P, C> = {}) {
    super(2, kernelSize, options);
  }
}

/** The mean of each window over the last three axes; see `avgPool3d`.
 *  @example new AvgPool3d(2).forward(zeros([2, 4, 8, 8, 8])); // shape [2, 4, 4, 4, 4] */
export class AvgPool3d<
  const K extends Size3 = Size3,
  const S extends Size3 = K,
  const P extends Size3 = 0,
  const C extends boolean = false,
> extends AvgPool<3, K, S, P, C> {
  constructor(kernelSize: K, options: AvgPoolLayerOptions<3, S, P, C> = {}) {
    super(3, kernelSize, options);
  }
}

/** The mean over so many windows as are wanted along the last axis; see `adaptiveAvgPool1d`.
 *  @example new AdaptiveAvgPool1d(3).forward(zeros([8, 4, 10])); // shape [8, 4, 3] */
export class AdaptiveAvgPool1d<const N extends AdaptiveSize = AdaptiveSize> extends AdaptiveAvgPool<
  1,
  N
> {
  protected run(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/** The mean over so many windows as are wanted along the last two axes; see `adaptiveAvgPool2d`.
 *  @example new AdaptiveAvgPool2d(1).forward(zeros([8, 64, 7, 5])); // shape [8, 64, 1, 1] */
export class AdaptiveAvgPool2d<const N extends AdaptiveSize = AdaptiveSize> extends AdaptiveAvgPool<
  2,
  N
> {
  protected run(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** The mean over so many windows as are wanted along the last three axes; see `adaptiveAvgPool3d`.
 *  @example new AdaptiveAvgPool3d(2).forward(zeros([2, 4, 8, 7, 5])); // shape [2, 4, 2, 2, 2] */
export class AdaptiveAvgPool3d<const N extends AdaptiveSize = AdaptiveSize> extends AdaptiveAvgPool<
  3,
  N
> {
  protected run(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}
