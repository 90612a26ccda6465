import {
  checkOptions,
  layerNorm,
  ones,
  zeros,
  type CreateOptions,
  type Dims,
  type LayerNormLayerFn,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { checkSize, showOptions, showSize } from "./sizes.ts";

export interface LayerNormLayerOptions {
  /** Is added to the variance. Default: 1e-5. */
  readonly eps?: number;
  /** Whether there are a weight and a bias. Default: true. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a bias beside the weight. Default: true. */
  readonly bias?: boolean;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
}

/**
 * Normalises the last axes to mean 0 and variance 1, times `weight` (which starts as ones) plus
 * `bias` (zeros); see `layerNorm`. Either is null where it is left out.
 * @param normalizedShape The sizes of these axes, or that of the last one.
 * @example new LayerNorm(512).forward(zeros([8, 64, 512]));
 */
export class LayerNorm<const N extends number | Dims = number | Dims> extends Module<
  LayerNormLayerFn<N>
> {
  readonly normalizedShape: N;
  readonly eps: number;
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;

  constructor(normalizedShape: N, options: LayerNormLayerOptions = {}) {
    super();
    checkOptions("LayerNorm", options, ["eps", "elementwiseAffine", "bias", "dtype"]);
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype } = options;
    const shape: Dims = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
    for (const size of shape) {
      checkSize("LayerNorm", "normalizedShape", size, "new LayerNorm(512)");
    }
    this.normalizedShape = normalizedShape;
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype })) : null;
    this.bias = elementwiseAffine && bias ? parameter(zeros(shape, { dtype })) : null;
  }

  protected run(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape as number, {
      weight: weight ?? undefined,
      bias: bias ?? undefined,
      eps,
    });
  }

  protected override describe(): string {
    const options = showOptions({
      eps: [this.eps, 1e-5],
      elementwiseAffine: [this.weight !== null, true],
      bias: [this.bias !== null, this.weight !== null],
    });
    return `${showSize(this.normalizedShape)}${options}`;
  }
}
