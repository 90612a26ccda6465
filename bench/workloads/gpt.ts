// A character-level GPT of nanoGPT's kind, with norms before attention and MLP and learned positions
// (A. Radford et al., "Language models are unsupervised multitask learners", 2019).
import { add, Generator, normal, randomIntegers, type Tensor } from "@wengert/autograd";
import {
  Embedding,
  gelu,
  LayerNorm,
  Linear,
  Module,
  MultiheadAttention,
  parameter,
} from "@wengert/nn";
import { AdamW } from "@wengert/optim";
import type { Workload } from "../types.ts";
import { trainingStep } from "./train.ts";

const BATCH = 12;
const LENGTH = 64;
const VOCABULARY = 65;
const FEATURES = 128;
const HEADS = 4;
const LAYERS = 4;

class Block extends Module {
  readonly norm1 = new LayerNorm(FEATURES);
  readonly attention: MultiheadAttention;
  readonly norm2 = new LayerNorm(FEATURES);
  readonly widen: Linear;
  readonly narrow: Linear;

  constructor(generator: Generator) {
    super();
    this.attention = new MultiheadAttention<number>(FEATURES, HEADS, { causal: true, generator });
    this.widen = new Linear<number, number>(FEATURES, 4 * FEATURES, { generator });
    this.narrow = new Linear<number, number>(4 * FEATURES, FEATURES, { generator });
  }

  protected run(x: Tensor): Tensor {
    const y: Tensor = add(x, this.attention.forward(this.norm1.forward(x)) as Tensor);
    const hidden: Tensor = gelu(this.widen.forward(this.norm2.forward(y)) as Tensor);
    return add(y, this.narrow.forward(hidden) as Tensor);
  }
}

class Gpt extends Module {
  readonly tokens: Embedding;
  readonly positions: Tensor;
  readonly blocks: readonly Block[];
  readonly norm = new LayerNorm(FEATURES);
  readonly head: Linear;

  constructor(generator: Generator) {
    super();
    this.tokens = new Embedding<number, number>(VOCABULARY, FEATURES, { generator });
    this.positions = parameter(normal([LENGTH, FEATURES], { generator }) as Tensor);
    this.blocks = Array.from({ length: LAYERS }, () => new Block(generator));
    this.head = new Linear<number, number>(FEATURES, VOCABULARY, { generator });
  }

  protected run(ids: Tensor): Tensor {
    let x: Tensor = add(this.tokens.forward(ids) as Tensor, this.positions);
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x) as Tensor) as Tensor;
  }
}

export const charGpt: Workload = {
  title: `char-GPT ${LAYERS} × ${FEATURES}, T ${LENGTH}, batch ${BATCH}, AdamW`,
  prepare: (compile) => {
    const generator = new Generator(1);
    const model = new Gpt(generator);
    const draw = () => randomIntegers([BATCH, LENGTH], { high: VOCABULARY, generator }) as Tensor;
    const training = {
      forward: (ids: Tensor) => model.forward(ids),
      optimizer: new AdamW(model.parameters(), { lr: 1e-3 }),
    };
    return trainingStep(compile, training, draw(), draw());
  },
};
