// jax-js on its WebAssembly backend, whole steps under jit. Arrays are computed when somebody waits
// for them; an argument is consumed unless its `.ref` is passed.

import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { contend } from "./contender.mjs";

await init("wasm");
defaultDevice("wasm");

let draws = 0;
const normal = (shape) => random.normal(random.key(draws++), shape);

const linear = (inputs, outputs) => ({
  weight: normal([inputs, outputs]).mul(inputs ** -0.5),
  bias: np.zeros([outputs]),
});
const apply = ({ weight, bias }, x) => np.dot(x, weight).add(bias);

const randomLabels = (batch) => {
  const classes = Array.from({ length: batch }, (_, i) => (i * 7) % 10);
  return nn.oneHot(np.array(classes, { dtype: np.int32 }), 10);
};

const crossEntropy = (logits, target) =>
  nn
    .logSoftmax(logits)
    .mul(target)
    .sum()
    .mul(-1 / logits.shape[0]);

const mse = (y, target) => np.square(y.sub(target)).mean();

/** Keeps the state between steps: (state, x, target) → [loss, state]. */
function training(step, initial, x, target) {
  const compiled = jit(step);
  let state = initial;
  return async () => {
    const [value, next] = compiled(state, x.ref, target.ref);
    state = next;
    await blockUntilReady(state);
    await value.jsAsync();
  };
}

function sgd(loss, parameters, x, target, lr = 0.01) {
  const step = (p, input, wanted) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(p), input, wanted);
    return [value, tree.map((a, g) => a.sub(g.mul(lr)), p, gradients)];
  };
  return training(step, parameters, x, target);
}

/** Adam with both corrections for the start, written out: they are one state with the parameters. */
function adam(loss, parameters, x, target, lr = 1e-3) {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
  const zeros = () => tree.map((a) => np.zeros(a.shape), tree.ref(parameters));
  const step = ({ p, m, v, powers }, input, wanted) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(p), input, wanted);
    const average = (old, g, beta) => old.mul(beta).add(g.mul(1 - beta));
    const m2 = tree.map((a, g) => average(a, g, beta1), m, tree.ref(gradients));
    const v2 = tree.map((a, g) => average(a, np.square(g), beta2), v, gradients);
    // βᵗ, with one more factor at each step.
    const next = powers.mul(np.array([beta1, beta2]));
    const [c1, c2] = [0, 1].map((i) => np.array(1).sub(next.ref.slice(i)));
    const update = (a, mean, square) => {
      const root = np.sqrt(square.div(c2.ref)).add(eps);
      return a.sub(mean.div(c1.ref).div(root).mul(lr));
    };
    const p2 = tree.map(update, p, tree.ref(m2), tree.ref(v2));
    tree.dispose([c1, c2]);
    return [value, { p: p2, m: m2, v: v2, powers: next }];
  };
  const state = { m: zeros(), v: zeros(), p: parameters, powers: np.ones([2]) };
  return training(step, state, x, target);
}

function xor() {
  const loss = ({ a, b }, x, y) => mse(nn.sigmoid(apply(b, nn.sigmoid(apply(a, x)))), y);
  const x = np.array([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = np.array([[0], [1], [1], [0]]);
  return sgd(loss, { a: linear(2, 8), b: linear(8, 1) }, x, y, 0.5);
}

function mlp(batch, sizes, train) {
  const layers = sizes.slice(1).map((outputs, i) => linear(sizes[i], outputs));
  const loss = ([first, ...rest], x, y) =>
    crossEntropy(
      rest.reduce((h, layer) => apply(layer, nn.relu(h)), apply(first, x)),
      y,
    );
  return train(loss, layers, normal([batch, sizes[0]]), randomLabels(batch));
}

function lenet5() {
  const conv = (inputs, outputs) => ({
    kernel: normal([outputs, inputs, 5, 5]).mul((25 * inputs) ** -0.5),
    shift: np.zeros([outputs, 1, 1]),
  });
  const features = (x, { kernel, shift }, padding) => {
    const y = lax.convGeneralDilated(x, kernel, [1, 1], padding).add(shift);
    return lax.reduceWindow(nn.relu(y), np.max, [2, 2], [2, 2]);
  };
  const parameters = {
    c1: conv(1, 6),
    c2: conv(6, 16),
    f1: linear(400, 120),
    f2: linear(120, 84),
    f3: linear(84, 10),
  };
  const same = [
    [2, 2],
    [2, 2],
  ];
  const loss = ({ c1, c2, f1, f2, f3 }, x, y) => {
    const seen = features(features(x, c1, same), c2, "VALID").reshape([64, 400]);
    return crossEntropy(apply(f3, nn.relu(apply(f2, nn.relu(apply(f1, seen))))), y);
  };
  return sgd(loss, parameters, normal([64, 1, 28, 28]), randomLabels(64));
}

function elementwise() {
  const chain = (a) => nn.sigmoid(a.ref.mul(2).add(1)).mul(np.tanh(a)).sum();
  const both = jit(valueAndGrad(chain));
  const a = normal([1_000_000]);
  return async () => {
    const results = both(a.ref);
    await blockUntilReady(results);
    tree.dispose(results);
  };
}

async function matmul(n) {
  const [a, b] = [normal([n, n]), normal([n, n])];
  await blockUntilReady([a, b]);
  const product = jit((x, y) => np.matmul(x, y));
  return async () => {
    const c = product(a.ref, b.ref);
    await c.blockUntilReady();
    c.dispose();
  };
}

await contend({
  xor,
  mlpSgd: () => mlp(64, [784, 256, 10], sgd),
  mlpAdam: () => mlp(256, [784, 512, 512, 10], adam),
  lenet5,
  elementwise1e6: elementwise,
  matmul256: () => matmul(256),
  matmul512: () => matmul(512),
  matmul1024: () => matmul(1024),
});
