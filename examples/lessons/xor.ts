/**
 * XOR, which no line separates and two layers learn.
 *
 *     h = σ(x·W₀ + b₀),   y = σ(h·W₁ + b₁),   e = ½·(y − t)²,   σ(z) = 1 / (1 + e⁻ᶻ)
 *
 * M. Minsky and S. Papert, Perceptrons (1969), showed what a single layer cannot do; D. E. Rumelhart,
 * G. E. Hinton and R. J. Williams, Learning internal representations by error propagation (1986),
 * trained such networks by the chain rule, from the last layer to the first, which is what
 * backward() does. The parameters stay where they are here, and an optimizer changes them, where
 * two-linear-layers.ts makes new ones in each step: both styles work.
 */
import { Generator, add, matmul, mse, mul, normal, sigmoid, tensor } from "@wengert/autograd";
import { zeros } from "@wengert/autograd";
import { SGD } from "@wengert/optim";
import { bars, table } from "./text.ts";

const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]).expect([4, 2]);
const t = tensor([[0], [1], [1], [0]]).expect([4, 1]);

export function learnXor(seed: number, steps = 1500, rate = 16) {
  const generator = new Generator(seed);
  const w0 = normal([2, 3], { generator, requiresGrad: true });
  const b0 = zeros([3], { requiresGrad: true });
  const w1 = normal([3, 1], { generator, requiresGrad: true });
  const b1 = zeros([1], { requiresGrad: true });
  const optimizer = new SGD([w0, b0, w1, b1], { lr: rate });

  const hidden = () => sigmoid(add(matmul(x, w0), b0));
  const predict = () => sigmoid(add(matmul(hidden(), w1), b1));

  const errors: number[] = [];
  for (let step = 0; step < steps; step++) {
    const e = mul(0.5, mse(predict(), t));
    optimizer.zeroGrad();
    e.backward(); // fills in .grad of each parameter p
    optimizer.step(); // p ← p − rate·∂e/∂p
    errors.push(e.item());
  }
  return { outputs: [...predict().data], hidden: hidden().toArray() as number[][], errors };
}

if (import.meta.main) {
  const { outputs, hidden, errors } = learnXor(1);
  const show = (value: number) => value.toFixed(3);
  const rows = outputs.map((y, i) => {
    const [a, b] = x.data.slice(2 * i, 2 * i + 2);
    return [`${a} xor ${b}`, hidden[i].map(show).join(" "), show(y), Math.round(y)];
  });
  console.log("XOR by a network 2-3-1 of sigmoids\n");
  console.log(`error, from ${show(errors[0])} to ${errors.at(-1)!.toFixed(5)} (log scale)`);
  console.log(`${bars(errors)}\n`);
  console.log(table(["", "hidden units", "output", "answer"], rows));
}
