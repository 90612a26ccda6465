// Models with correct shapes, or with shapes that nobody knows: all must compile, and with the
// types that `is` states. The type check covers this file; it is never run.
import {
  type DynFn,
  type IdFn,
  type Tensor,
  type UnaryFn,
  flatten,
  zeros,
} from "@wengert/autograd";
import {
  AvgPool2d,
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  GELU,
  GLU,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  PReLU,
  ReLU,
  Sequential,
  SiLU,
  Softmax,
  parameter,
  relu,
  softmax,
  summary,
} from "../../src/index.ts";
import { is } from "./identical.ts";

declare const unknown: Tensor;
declare const size: number;
declare const flag: boolean;

const net = new Sequential(new Linear(784, 256), relu, new Linear(256, 10));
const x = zeros([32, 784]);

is<Tensor<[32, 10]>>()(net.forward(x));
is<Tensor>()(net.forward(unknown));
is<Tensor<[2, 5, 4]>>()(new Sequential(net, new Linear(10, 4)).forward(zeros([2, 5, 784])));
is<Tensor<[32, 10]>>()(
  new Sequential(new Flatten(), new Linear(784, 10), new Softmax()).forward(zeros([32, 28, 28])),
);
is<Tensor<[32, 10]>>()(
  new Sequential(flatten, new ReLU(), new Dropout(0.2), new Linear(784, 10), softmax).forward(
    zeros([32, 28, 28]),
  ),
);
is<Tensor<[32, 9]>>()(new Sequential(relu, new Linear(size, 9)).forward(x));
is<Tensor>()(new Sequential(new Linear(784, 3), (t: Tensor) => t, relu).forward(x));
is<3>()(net.length);
is<Linear<784, 256>>()(net.at(0));
is<typeof relu>()(net.at(1));
is<Linear<784, 256> | typeof relu | Linear<256, 10>>()(net.at(-1));

is<Tensor<[32, 2]>>()(
  new Sequential(
    new Linear(784, 64),
    new GLU(),
    new SiLU(),
    new PReLU(32),
    new Linear(32, 2),
  ).forward(x),
);
is<Tensor<[784]>>()(new PReLU(784).weight);
is<Tensor<[1]>>()(new PReLU().weight);

is<Tensor<[256, 784]>>()(new Linear(784, 256).weight);
is<Tensor<[256]>>()(new Linear(784, 256).bias);
is<Tensor<[256]>>()(new Linear(784, 256, { dtype: "float64" }).bias);
is<null>()(new Linear(784, 256, { bias: false }).bias);
is<Tensor<[256]> | null>()(new Linear(784, 256, { bias: flag }).bias);

const lenet = new Sequential(
  new Conv2d(1, 6, 5, { padding: 2 }),
  relu,
  new MaxPool2d(2),
  new Conv2d(6, 16, 5),
  relu,
  new AvgPool2d([2, 2]),
  new Flatten(),
  new Linear(400, 10),
);
is<Tensor<[32, 10]>>()(lenet.forward(zeros([32, 1, 28, 28])));
is<Tensor>()(lenet.forward(unknown));
is<Tensor<[6, 1, 5, 5]>>()(lenet.at(0).weight);
is<Tensor<[6]>>()(lenet.at(0).bias);
is<Tensor<[6, number, 3, 5]>>()(new Conv2d(4, 6, [3, 5], { groups: 2 }).weight);
is<null>()(new Conv2d(4, 6, 3, { bias: false }).bias);
is<Tensor<[2, 6, number, number]>>()(
  new Conv2d(4, 6, 3, { stride: size }).forward(zeros([2, 4, 9, 9])),
);
is<Tensor<[32, 7, 2]>>()(
  new Sequential(new Embedding(99, 8), new LayerNorm(8), new GELU(), new Linear(8, 2)).forward(
    zeros([32, 7], { dtype: "int32" }),
  ),
);
is<Tensor<[99, 8]>>()(new Embedding(99, 8).weight);

// A list of layers of which nothing is known.
const layers: (Module | UnaryFn)[] = [new Linear(3, 4), relu, net];
is<Tensor>()(new Sequential(...layers).forward(x));
export const modules: Module[] = [net, new Linear(3, 4, { bias: false }), new Dropout()];
summary(net, [32, 784]);

// Models of one's own.
class Residual extends Module<IdFn> {
  readonly inner = new Linear(16, 16);
  readonly scale = parameter(zeros([16]));
  protected run(input: Tensor): Tensor {
    return input.add(this.inner.forward(input).mul(this.scale));
  }
}
is<Tensor<[4, 2]>>()(new Sequential(new Residual(), new Linear(16, 2)).forward(zeros([4, 16])));

class Opaque extends Module<DynFn> {
  protected run(input: Tensor): Tensor {
    return input;
  }
}
is<Tensor>()(new Sequential(new Opaque(), new Linear(7, 3)).forward(x));

/** Nothing said about shapes. */
class Plain extends Module {
  protected run(input: Tensor): Tensor {
    return input;
  }
}
is<Tensor>()(new Plain().forward(x));
is<Tensor>()(new Sequential(new Plain(), new Linear(7, 3)).forward(x));

// Known as a module only.
export const apply = (model: Module, input: Tensor): Tensor => model.forward(input);
apply(net, x);

// Layers as fields, whatever their sizes.
class Fields extends Module {
  readonly linear: Linear;
  readonly bare: Linear<number, number, false>;
  constructor(width: number) {
    super();
    this.linear = new Linear(3, width);
    this.bare = new Linear(3, 4, { bias: false });
  }
  protected run(input: Tensor): Tensor {
    return this.linear.forward(this.bare.forward(input));
  }
}
is<Tensor>()(new Fields(3).forward(x));
