import {
  add,
  normal,
  slice,
  zeros,
  type Generator,
  type IdFn,
  type Tensor,
} from "@wengert/autograd";
import {
  Embedding,
  gelu,
  LayerNorm,
  Linear,
  Module,
  MultiheadAttention,
  parameter,
  Sequential,
} from "@wengert/nn";

export interface GPTOptions {
  /** How many different characters there are. */
  readonly vocabulary: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** The longest text it sees. */
  readonly context: number;
  /** Where the first weights come from. */
  readonly generator: Generator;
}

/**
 * What places say to each other, then what each makes of it. Both are added to what is there, and
 * normalised before they are reckoned rather than after (R. Xiong et al., "On layer normalization
 * in the transformer architecture", ICML 2020), so that gradients pass unhindered.
 */
export class Block extends Module<IdFn> {
  readonly norm1: LayerNorm<number>;
  readonly attention: MultiheadAttention;
  readonly norm2: LayerNorm<number>;
  readonly mlp: Module;

  constructor(width: number, heads: number) {
    super();
    this.norm1 = new LayerNorm(width);
    this.attention = new MultiheadAttention(width, heads, { causal: true });
    this.norm2 = new LayerNorm(width);
    this.mlp = new Sequential(new Linear(width, 4 * width), gelu, new Linear(4 * width, width));
  }

  protected run(x: Tensor): Tensor {
    const heard: Tensor = add(x, this.attention.forward(this.norm1.forward(x)));
    return add(heard, this.mlp.forward(this.norm2.forward(heard)));
  }
}

/**
 * Characters [batch, time] to the logits of the one that follows each, [batch, time, vocabulary]:
 * a decoder-only transformer (A. Radford et al., "Language models are unsupervised multitask
 * learners", 2019) with learned positions. No place sees what comes after it.
 */
export class GPT extends Module {
  readonly characters: Embedding;
  readonly positions: Tensor;
  readonly blocks: Block[];
  readonly norm: LayerNorm<number>;
  readonly head: Linear<number, number, false>;

  constructor({ vocabulary, layers, width, heads, context, generator }: GPTOptions) {
    super();
    this.characters = new Embedding(vocabulary, width);
    this.positions = parameter(zeros([context, width]));
    this.blocks = Array.from({ length: layers }, () => new Block(width, heads));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, vocabulary, { bias: false });
    this.#initialise(generator);
  }

  protected run(codes: Tensor): Tensor {
    const time = codes.shape[codes.rank - 1];
    let x: Tensor = add(this.characters.forward(codes), slice(this.positions, [[0, time]]));
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x));
  }

  /** GPT-2's first weights: N(0, 0.02²) for every matrix, and for those that add to the residual
   *  less, as each of the 2 × layers of them adds its share. Biases are 0; norms stay as they are. */
  #initialise(generator: Generator): void {
    const share = 1 / Math.sqrt(2 * this.blocks.length);
    for (const [name, tensor] of this.namedParameters()) {
      const { shape } = tensor;
      const addsToResidual = /(out_proj|mlp\.2)\.weight$/.test(name);
      const std = addsToResidual ? 0.02 * share : 0.02;
      if (shape.length === 2) tensor.copyFrom(normal(shape, { std, generator }));
      else if (name.endsWith("bias")) tensor.copyFrom(zeros(shape));
    }
  }
}
