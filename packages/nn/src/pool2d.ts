import {
  avgPool2d,
  checkOptions,
  maxPool2d,
  type PoolFn,
  type Size2,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";
import { showOptions, showSize } from "./sizes.ts";

export interface Pool2dLayerOptions<S extends Size2 = Size2, P extends Size2 = Size2> {
  /** How far the window moves. Default: its size. */
  readonly stride?: S;
  /** Elements added on each side, at most half of the window. Default: 0. */
  readonly padding?: P;
}

export interface AvgPool2dLayerOptions<
  S extends Size2 = Size2,
  P extends Size2 = Size2,
> extends Pool2dLayerOptions<S, P> {
  /** Whether the zeros of the padding count in the mean. Default: true. */
  readonly countIncludePad?: boolean;
}

/** The largest element of each window over the last two axes; see `maxPool2d`.
 *  @example new MaxPool2d(2).forward(zeros([64, 6, 28, 28])); // shape [64, 6, 14, 14] */
export class MaxPool2d<
  const K extends Size2 = Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
> extends Module<PoolFn<K, S, P, "maxPool2d">> {
  readonly kernelSize: K;
  readonly stride: S;
  readonly padding: P;

  constructor(kernelSize: K, options: Pool2dLayerOptions<S, P> = {}) {
    super();
    checkOptions("MaxPool2d", options, ["stride", "padding"]);
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? (kernelSize as Size2 as S);
    this.padding = options.padding ?? (0 as Size2 as P);
  }

  protected run(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, { stride: this.stride, padding: this.padding });
  }

  protected override describe(): string {
    const { kernelSize, stride, padding } = this;
    const options = showOptions({ stride: [stride, kernelSize], padding: [padding, 0] });
    return `${showSize(kernelSize)}${options}`;
  }
}

/** The mean of each window over the last two axes; see `avgPool2d`.
 *  @example new AvgPool2d(2).forward(zeros([64, 6, 28, 28])); // shape [64, 6, 14, 14] */
export class AvgPool2d<
  const K extends Size2 = Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
> extends Module<PoolFn<K, S, P, "avgPool2d">> {
  readonly kernelSize: K;
  readonly stride: S;
  readonly padding: P;
  readonly countIncludePad: boolean;

  constructor(kernelSize: K, options: AvgPool2dLayerOptions<S, P> = {}) {
    super();
    checkOptions("AvgPool2d", options, ["stride", "padding", "countIncludePad"]);
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? (kernelSize as Size2 as S);
    this.padding = options.padding ?? (0 as Size2 as P);
    this.countIncludePad = options.countIncludePad ?? true;
  }

  protected run(x: Tensor): Tensor {
    const { kernelSize, stride, padding, countIncludePad } = this;
    return avgPool2d(x, kernelSize, { stride, padding, countIncludePad });
  }

  protected override describe(): string {
    const { kernelSize, stride, padding, countIncludePad } = this;
    return `${showSize(kernelSize)}${showOptions({
      stride: [stride, kernelSize],
      padding: [padding, 0],
      countIncludePad: [countIncludePad, true],
    })}`;
  }
}
