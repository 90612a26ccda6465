import {
  checkOptions,
  embedding,
  normal,
  type CreateOptions,
  type EmbeddingLayerFn,
  type Generator,
  type Tensor,
} from "@wengert/autograd";
import type { Initializer } from "./linear.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { checkSize } from "./sizes.ts";

export interface EmbeddingOptions {
  /** Where the initial values come from. Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
  /** Makes the weight. Default: standard normal, as PyTorch. */
  readonly init?: Initializer;
}

/**
 * Vectors for int32 indices: [...] → [..., embeddingDim], the rows of `weight`
 * [numEmbeddings, embeddingDim]. See `embedding`.
 * @throws IndexRangeError from forward, for indices outside of 0 … numEmbeddings − 1.
 * @example new Embedding(256, 32).forward(tensor([[7, 0]], { dtype: "int32" })); // [1, 2, 32]
 */
export class Embedding<
  const V extends number = number,
  const D extends number = number,
> extends Module<EmbeddingLayerFn<D>> {
  readonly numEmbeddings: V;
  readonly embeddingDim: D;
  readonly weight: Tensor<[V, D]>;

  constructor(numEmbeddings: V, embeddingDim: D, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, ["generator", "dtype", "init"]);
    const example = "new Embedding(numEmbeddings, embeddingDim), e.g. new Embedding(256, 32)";
    checkSize("Embedding", "numEmbeddings", numEmbeddings, example);
    checkSize("Embedding", "embeddingDim", embeddingDim, example);
    const { generator, dtype, init = normal as Initializer } = options;
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    const weight = init([numEmbeddings, embeddingDim], { generator, dtype });
    this.weight = parameter(weight.expect([numEmbeddings, embeddingDim])) as typeof this.weight;
  }

  protected run(indices: Tensor): Tensor {
    return embedding(indices, this.weight as Tensor);
  }

  protected override describe(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}`;
  }
}
