import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
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
> {
  /** How far the window moves. Default: its size. */
  readonly stride?: S;
  /** Elements added on each side, at most half of the window. Default: 0. */
  readonly padding?: P;
}

export interface AvgPoolLayerOptions<
  R extends SpatialRank = SpatialRank,
  S extends SizeN = SizesByRank[R],
  P extends SizeN = SizesByRank[R],
> extends PoolLayerOptions<R, S, P> {
  /** Whether the zeros of the padding count in the mean. Default: true. */
  readonly countIncludePad?: boolean;
}

/** What all pools have in common. */
abstract class PoolBase<
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  F extends ShapeFn,
> extends Module<F> {
  readonly kernelSize: K;
  readonly stride: S;
  readonly padding: P;

  protected constructor(
    kernelSize: K,
    options: { readonly stride?: S; readonly padding?: P },
    check: { readonly name: string; readonly known: readonly string[] },
  ) {
    super();
    checkOptions(check.name, options, check.known);
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? (kernelSize as SizeN as S);
    this.padding = options.padding ?? (0 as SizeN as P);
  }

  /** Options that are printed beside the common ones. */
  protected moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return {};
  }

  protected override describe(): string {
    const { kernelSize, stride, padding } = this;
    return `${showSize(kernelSize)}${showOptions({
      stride: [stride, kernelSize],
      padding: [padding, 0],
      ...this.moreOptions(),
    })}`;
  }
}

const maxOptions = ["stride", "padding"];
const avgOptions = [...maxOptions, "countIncludePad"];

/** The largest element of each window over the last axis; see `maxPool1d`.
 *  @example new MaxPool1d(2).forward(zeros([8, 4, 100])); // shape [8, 4, 50] */
export class MaxPool1d<
  const K extends Size1 = Size1,
  const S extends Size1 = K,
  const P extends Size1 = 0,
> extends PoolBase<K, S, P, PoolFn<K, S, P, "maxPool1d", 1>> {
  constructor(kernelSize: K, options: PoolLayerOptions<1, S, P> = {}) {
    super(kernelSize, options, { name: "MaxPool1d", known: maxOptions });
  }

  protected run(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, { stride: this.stride, padding: this.padding });
  }
}

/** The largest element of each window over the last two axes; see `maxPool2d`.
 *  @example new MaxPool2d(2).forward(zeros([64, 6, 28, 28])); // shape [64, 6, 14, 14] */
export class MaxPool2d<
  const K extends Size2 = Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
> extends PoolBase<K, S, P, PoolFn<K, S, P, "maxPool2d", 2>> {
  constructor(kernelSize: K, options: PoolLayerOptions<2, S, P> = {}) {
    super(kernelSize, options, { name: "MaxPool2d", known: maxOptions });
  }

  protected run(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, { stride: this.stride, padding: this.padding });
  }
}

/** The largest element of each window over the last three axes; see `maxPool3d`.
 *  @example new MaxPool3d(2).forward(zeros([2, 4, 8, 8, 8])); // shape [2, 4, 4, 4, 4] */
export class MaxPool3d<
  const K extends Size3 = Size3,
  const S extends Size3 = K,
  const P extends Size3 = 0,
> extends PoolBase<K, S, P, PoolFn<K, S, P, "maxPool3d", 3>> {
  constructor(kernelSize: K, options: PoolLayerOptions<3, S, P> = {}) {
    super(kernelSize, options, { name: "MaxPool3d", known: maxOptions });
  }

  protected run(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, { stride: this.stride, padding: this.padding });
  }
}

/** The mean of each window over the last axis; see `avgPool1d`.
 *  @example new AvgPool1d(2).forward(zeros([8, 4, 100])); // shape [8, 4, 50] */
export class AvgPool1d<
  const K extends Size1 = Size1,
  const S extends Size1 = K,
  const P extends Size1 = 0,
> extends PoolBase<K, S, P, PoolFn<K, S, P, "avgPool1d", 1>> {
  readonly countIncludePad: boolean;

  constructor(kernelSize: K, options: AvgPoolLayerOptions<1, S, P> = {}) {
    super(kernelSize, options, { name: "AvgPool1d", known: avgOptions });
    this.countIncludePad = options.countIncludePad ?? true;
  }

  protected run(x: Tensor): Tensor {
    const { kernelSize, stride, padding, countIncludePad } = this;
    return avgPool1d(x, kernelSize, { stride, padding, countIncludePad });
  }

  protected override moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return { countIncludePad: [this.countIncludePad, true] };
  }
}

/** The mean of each window over the last two axes; see `avgPool2d`.
 *  @example new AvgPool2d(2).forward(zeros([64, 6, 28, 28])); // shape [64, 6, 14, 14] */
export class AvgPool2d<
  const K extends Size2 = Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
> extends PoolBase<K, S, P, PoolFn<K, S, P, "avgPool2d", 2>> {
  readonly countIncludePad: boolean;

  constructor(kernelSize: K, options: AvgPoolLayerOptions<2, S, P> = {}) {
    super(kernelSize, options, { name: "AvgPool2d", known: avgOptions });
    this.countIncludePad = options.countIncludePad ?? true;
  }

  protected run(x: Tensor): Tensor {
    const { kernelSize, stride, padding, countIncludePad } = this;
    return avgPool2d(x, kernelSize, { stride, padding, countIncludePad });
  }

  protected override moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return { countIncludePad: [this.countIncludePad, true] };
  }
}

/** The mean of each window over the last three axes; see `avgPool3d`.
 *  @example new AvgPool3d(2).forward(zeros([2, 4, 8, 8, 8])); // shape [2, 4, 4, 4, 4] */
export class AvgPool3d<
  const K extends Size3 = Size3,
  const S extends Size3 = K,
  const P extends Size3 = 0,
> extends PoolBase<K, S, P, PoolFn<K, S, P, "avgPool3d", 3>> {
  readonly countIncludePad: boolean;

  constructor(kernelSize: K, options: AvgPoolLayerOptions<3, S, P> = {}) {
    super(kernelSize, options, { name: "AvgPool3d", known: avgOptions });
    this.countIncludePad = options.countIncludePad ?? true;
  }

  protected run(x: Tensor): Tensor {
    const { kernelSize, stride, padding, countIncludePad } = this;
    return avgPool3d(x, kernelSize, { stride, padding, countIncludePad });
  }

  protected override moreOptions(): Record<string, [value: unknown, usual: unknown]> {
    return { countIncludePad: [this.countIncludePad, true] };
  }
}

/** The mean over so many windows as are wanted along the last axis; see `adaptiveAvgPool1d`.
 *  @example new AdaptiveAvgPool1d(3).forward(zeros([8, 4, 10])); // shape [8, 4, 3] */
export class AdaptiveAvgPool1d<const N extends AdaptiveSize = AdaptiveSize> extends Module<
  AdaptivePoolFn<N, 1, "adaptiveAvgPool1d">
> {
  readonly outputSize: N;

  constructor(outputSize: N) {
    super();
    this.outputSize = outputSize;
  }

  protected run(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }

  protected override describe(): string {
    const { outputSize } = this;
    return Array.isArray(outputSize)
      ? `[${outputSize.map(String).join(", ")}]`
      : String(outputSize);
  }
}

/** The mean over so many windows as are wanted along the last two axes; see `adaptiveAvgPool2d`.
 *  @example new AdaptiveAvgPool2d(1).forward(zeros([8, 64, 7, 5])); // shape [8, 64, 1, 1] */
export class AdaptiveAvgPool2d<const N extends AdaptiveSize = AdaptiveSize> extends Module<
  AdaptivePoolFn<N, 2, "adaptiveAvgPool2d">
> {
  readonly outputSize: N;

  constructor(outputSize: N) {
    super();
    this.outputSize = outputSize;
  }

  protected run(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }

  protected override describe(): string {
    const { outputSize } = this;
    return Array.isArray(outputSize)
      ? `[${outputSize.map(String).join(", ")}]`
      : String(outputSize);
  }
}
