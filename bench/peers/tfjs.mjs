// TensorFlow.js on its WebAssembly backend. Ops are run as they are called, and reading a tensor
// waits for it.

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { contend } from "./contender.mjs";

await tf.setBackend("wasm");
await tf.ready();

/** A linear layer as PyTorch starts it, and its variables. */
function linear(inputs, outputs) {
  const bound = 1 / Math.sqrt(inputs);
  const weight = tf.variable(tf.randomUniform([inputs, outputs], -bound, bound));
  const bias = tf.variable(tf.zeros([outputs]));
  return { variables: [weight, bias], apply: (x) => tf.matMul(x, weight).add(bias) };
}

function conv(inputs, outputs, pad) {
  const bound = 1 / Math.sqrt(25 * inputs);
  const kernel = tf.variable(tf.randomUniform([5, 5, inputs, outputs], -bound, bound));
  const bias = tf.variable(tf.zeros([outputs]));
  return { variables: [kernel, bias], apply: (x) => tf.conv2d(x, kernel, 1, pad).add(bias) };
}

const plain = (apply) => ({ variables: [], apply });
const relu = plain((x) => tf.relu(x));
const sigmoid = plain((x) => tf.sigmoid(x));
const pool = plain((x) => tf.maxPool(x, 2, 2, "valid"));

function training(layers, loss, optimizer) {
  const variables = layers.flatMap((layer) => layer.variables);
  return (x, target) => () => {
    const forward = () =>
      loss(
        target,
        layers.reduce((y, { apply }) => apply(y), x),
      );
    const value = optimizer.minimize(forward, true, variables);
    value.dataSync();
    value.dispose();
  };
}

const crossEntropy = (target, logits) => tf.losses.softmaxCrossEntropy(target, logits);

const randomLabels = (batch) => tf.oneHot(tf.randomUniform([batch], 0, 10, "int32"), 10).toFloat();

function mlp(batch, sizes, optimizer) {
  const layers = sizes.slice(1).flatMap((outputs, i) => {
    const layer = linear(sizes[i], outputs);
    return i > 0 ? [relu, layer] : [layer];
  });
  const step = training(layers, crossEntropy, optimizer);
  return step(tf.randomNormal([batch, sizes[0]]), randomLabels(batch));
}

function xor() {
  const layers = [linear(2, 8), sigmoid, linear(8, 1), sigmoid];
  const step = training(layers, tf.losses.meanSquaredError, tf.train.sgd(0.5));
  const x = tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  return step(x, tf.tensor2d([0, 1, 1, 0], [4, 1]));
}

function lenet5() {
  const flatten = plain((x) => x.reshape([-1, 400]));
  const features = [conv(1, 6, "same"), relu, pool, conv(6, 16, "valid"), relu, pool, flatten];
  const classes = [linear(400, 120), relu, linear(120, 84), relu, linear(84, 10)];
  const step = training([...features, ...classes], crossEntropy, tf.train.sgd(0.01));
  return step(tf.randomNormal([64, 28, 28, 1]), randomLabels(64));
}

function elementwise() {
  const a = tf.randomNormal([1_000_000]);
  const both = tf.valueAndGrad((x) => x.mul(2).add(1).sigmoid().mul(x.tanh()).sum());
  return () => {
    const { value, grad } = both(a);
    value.dataSync();
    tf.dispose([value, grad]);
  };
}

function matmul(n) {
  const [a, b] = [tf.randomNormal([n, n]), tf.randomNormal([n, n])];
  return () => tf.matMul(a, b).dispose();
}

await contend({
  xor,
  mlpSgd: () => mlp(64, [784, 256, 10], tf.train.sgd(0.01)),
  mlpAdam: () => mlp(256, [784, 512, 512, 10], tf.train.adam(1e-3)),
  lenet5,
  elementwise1e6: elementwise,
  matmul256: () => matmul(256),
  matmul512: () => matmul(512),
  matmul1024: () => matmul(1024),
});
