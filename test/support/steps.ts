// Training steps of real networks, small enough for tests.
import {
  crossEntropy,
  Generator,
  mul,
  normal,
  oneHot,
  reshape,
  sum,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import {
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  gelu,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  MultiheadAttention,
  relu,
  Sequential,
  type Layer,
} from "@wengert/nn";
import { Adam, AdamW, SGD, type Optimizer } from "@wengert/optim";

/** A step with the state that it changes. */
export interface TrainingStep {
  readonly step: (...args: Tensor[]) => unknown;
  readonly args: readonly Tensor[];
  readonly state: readonly Tensor[];
}

const labelsOf = (count: number, classes: number): Tensor =>
  tensor(
    Int32Array.from({ length: count }, (_, i) => (i * 7 + 3) % classes),
    { shape: [count] },
  );

function training(
  model: Module,
  optimizer: Optimizer,
  args: readonly Tensor[],
  more: readonly Tensor[] = [],
): TrainingStep {
  const step = (x: Tensor, labels: Tensor): Tensor => {
    optimizer.zeroGrad();
    const logits: Tensor = model.forward(x);
    const loss = crossEntropy(reshape(logits, [labels.size, -1]), labels);
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  return { step, args, state: [...model.parameters(), ...more] };
}

export function mlp(batch = 5, widths = [17, 13, 6]): TrainingStep {
  const generator = new Generator(3);
  const noise = new Generator(4);
  const layers: Layer[] = [];
  widths.slice(1).forEach((out, i) => {
    layers.push(new Linear(widths[i], out, { generator }));
    if (i < widths.length - 2) layers.push(relu, new Dropout(0.25, { generator: noise }));
  });
  const model = new Sequential(...layers);
  const x = normal([batch, widths[0]], { generator });
  const args = [x, labelsOf(batch, widths.at(-1)!)];
  return training(model, new Adam(model.parameters(), { lr: 0.01 }), args, [noise.state]);
}

export function lenet(batch = 2): TrainingStep {
  const generator = new Generator(5);
  const model = new Sequential(
    new Conv2d(1, 6, 5, { padding: 2, generator }),
    relu,
    new MaxPool2d(2),
    new Conv2d(6, 16, 5, { generator }),
    relu,
    new MaxPool2d(2),
    new Flatten(),
    new Linear(400, 120, { generator }),
    relu,
    new Linear(120, 84, { generator }),
    relu,
    new Linear(84, 10, { generator }),
  );
  const args = [normal([batch, 1, 28, 28], { generator }), labelsOf(batch, 10)];
  return training(model, new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }), args);
}

class Block extends Module {
  readonly characters: Embedding;
  readonly norm1: LayerNorm<number>;
  readonly attention: MultiheadAttention;
  readonly norm2: LayerNorm<number>;
  readonly mlp: Module;
  readonly head: Linear;

  constructor(vocabulary: number, width: number, heads: number, generator: Generator) {
    super();
    this.characters = new Embedding(vocabulary, width, { generator });
    this.norm1 = new LayerNorm(width);
    this.attention = new MultiheadAttention(width, heads, { causal: true, generator });
    this.norm2 = new LayerNorm(width);
    this.mlp = new Sequential(
      new Linear(width, 4 * width, { generator }),
      gelu,
      new Linear(4 * width, width, { generator }),
    );
    this.head = new Linear(width, vocabulary, { generator });
  }

  protected run(codes: Tensor): Tensor {
    const x: Tensor = this.characters.forward(codes);
    const heard: Tensor = x.add(this.attention.forward(this.norm1.forward(x)));
    return this.head.forward(heard.add(this.mlp.forward(this.norm2.forward(heard))));
  }
}

export function transformer(batch = 2, time = 7, width = 12): TrainingStep {
  const generator = new Generator(6);
  const model = new Block(11, width, 3, generator);
  const codes = tensor(
    Int32Array.from({ length: batch * time }, (_, i) => (i * 5 + 1) % 11),
    { shape: [batch, time] },
  );
  const args = [codes, labelsOf(batch * time, 11)];
  // Gradients that are zero but for rounding (a key's bias) must not be scaled up to full steps.
  return training(model, new AdamW(model.parameters(), { lr: 0.003, eps: 0.01 }), args);
}

/** Sums over all and over rows of a large tensor, one-hot rows and random draws beside them. */
export function folds(): TrainingStep {
  const noise = new Generator(8);
  const x = normal([257, 131], { generator: new Generator(9) });
  const step = (values: Tensor, labels: Tensor): Tensor[] => {
    const drawn = normal(values.shape, { generator: noise });
    const mixed: Tensor = mul(values, drawn);
    const hot = oneHot(labels, 131);
    return [
      sum(mixed),
      sum(mixed, { axis: 0 }),
      sum(mixed, { axis: 1 }),
      sum(mul(hot, values)),
      drawn,
    ];
  };
  return { step, args: [x, labelsOf(257, 131)], state: [noise.state] };
}
