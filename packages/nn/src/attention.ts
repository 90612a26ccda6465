import {
  checkOptions,
  describeValue,
  OptionError,
  scaledDotProductAttention,
  ShapeError,
  slice,
  zeros,
  type CreateOptions,
  type Generator,
  type LinearFn,
  type Tensor,
} from "@wengert/autograd";
import { xavierUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { showOptions } from "./sizes.ts";

export interface AttentionLayerOptions {
  /** Whether a place sees only itself and what is before. Default: false. */
  readonly causal?: boolean;
  /** Whether the projections have biases. Default: true. */
  readonly bias?: boolean;
  /** Where the initial values come from. Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
}

/**
 * Self-attention of several heads: [..., length, embedDim] → the same shape. Each head attends by
 * its share of projected queries, keys and values; a last projection mixes the heads. Parameters
 * are named and start as those of PyTorch's class.
 * @throws OptionError where the heads do not divide the features; ShapeError from forward.
 * @example new MultiheadAttention(128, 4, { causal: true }).forward(zeros([8, 64, 128]));
 */
export class MultiheadAttention<const D extends number = number> extends Module<LinearFn<D, D>> {
  readonly embedDim: D;
  readonly numHeads: number;
  readonly causal: boolean;
  /** Queries, keys and values one after another. */
  readonly inProj: Linear<number, number, boolean>;
  readonly outProj: Linear<number, number, boolean>;

  constructor(embedDim: D, numHeads: number, options: AttentionLayerOptions = {}) {
    super();
    checkOptions("MultiheadAttention", options, ["causal", "bias", "generator", "dtype"]);
    if (!Number.isInteger(numHeads) || numHeads < 1 || embedDim % numHeads !== 0) {
      throw new OptionError({
        where: "MultiheadAttention",
        expected: `numHeads: an integer > 0 that divides ${embedDim} features`,
        got: typeof numHeads === "number" ? String(numHeads) : describeValue(numHeads),
        fix: "Write e.g. new MultiheadAttention(128, 4).",
      });
    }
    const { causal = false, ...rest } = options;
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.causal = causal;
    this.inProj = new Linear<number, number, boolean>(embedDim, 3 * embedDim, {
      ...rest,
      init: xavierUniform,
    });
    this.outProj = new Linear<number, number, boolean>(embedDim, embedDim, rest);
    for (const { bias } of [this.inProj, this.outProj]) {
      bias?.copyFrom(zeros(bias.shape, { dtype: bias.dtype }));
    }
  }

  /** The names of PyTorch. */
  protected override *members(): Iterable<readonly [string, unknown]> {
    yield ["in_proj_weight", this.inProj.weight];
    if (this.inProj.bias !== null) yield ["in_proj_bias", this.inProj.bias];
    yield ["out_proj", this.outProj];
  }

  protected run(x: Tensor): Tensor {
    const { embedDim, numHeads, causal } = this;
    if (x.rank < 2 || x.shape[x.rank - 1] !== embedDim) {
      throw new ShapeError({
        where: `MultiheadAttention(${embedDim}, ${numHeads})`,
        expected: `[..., length, ${embedDim}]`,
        got: `shape [${x.shape.join(", ")}]`,
        fix: "Features are the last axis; check the layer before.",
      });
    }
    const lead = x.shape.slice(0, -1);
    const axes = Array.from({ length: lead.length - 1 }, (_, i) => i);
    const [t, part, head, feature] = [0, 1, 2, 3].map((i) => axes.length + i);
    // [..., length, 3, heads, features] → [3, ..., heads, length, features]
    const parts = this.inProj
      .forward(x)
      .reshape([...lead, 3, numHeads, embedDim / numHeads])
      .permute([part, ...axes, head, t, feature]);
    const [q, k, v] = [0, 1, 2].map((i) => slice(parts, [i]));
    const mixed: Tensor = scaledDotProductAttention(q, k, v, { causal });
    const joined = mixed.permute([...axes, t + 1, t, t + 2]).reshape([...lead, embedDim]);
    return this.outProj.forward(joined as Tensor);
  }

  protected override describe(): string {
    const { embedDim, numHeads, causal, inProj } = this;
    const options = showOptions({ causal: [causal, false], bias: [inProj.bias !== null, true] });
    return `${embedDim}, ${numHeads}${options}`;
  }
}
