import {
  argmax,
  crossEntropy,
  Generator,
  noGrad,
  permutation,
  softmax,
  tensor,
} from "@wengert/autograd";
import type { Tensor } from "@wengert/autograd";
import { Linear, relu, Sequential, summary } from "@wengert/nn";
import { Adam, AdamW, SGD } from "@wengert/optim";
import { Batches } from "./batches.ts";
import { CLASSES, PIXELS, type Dataset, type Mnist } from "./data.ts";
import * as defaults from "./defaults.ts";
import { DivergenceError } from "./errors.ts";
import { Judge } from "./judge.ts";
import { LossCurve, RunningMean } from "./means.ts";
import type { Options } from "./options.ts";
import type { EpochFigures, NamedArray, TrainHooks, TrainResult } from "./types.ts";

type Model = ReturnType<typeof createModel>;

/**
 * Trains a network of fully connected layers. Nothing but the options and the data decides the
 * figures, so that the same seed gives the same ones.
 *
 * @returns undefined where the signal came before anything was learnt
 */
export async function train(
  options: Options,
  data: Mnist,
  hooks: TrainHooks = {},
): Promise<TrainResult | undefined> {
  const generator = new Generator(options.seed);
  const model = createModel(options.hidden, generator);
  const optimizer = createOptimizer(model, options);
  const batches = new Batches(data.train, options.batch);
  const steps = options.epochs * batches.perEpoch;
  const curve = new LossCurve(steps, batches.perEpoch);
  const epochs: EpochFigures[] = [];
  const started = performance.now();
  let judge = new Judge(data.test);
  let step = 0;
  const mustEnd = () => hooks.signal?.aborted === true;

  for (let epoch = 1; epoch <= options.epochs && !mustEnd(); epoch++) {
    const epochStarted = performance.now();
    const mean = new RunningMean();
    const order = permutation(data.train.count, { generator }).data;
    for (const { pixels, labels, count } of batches.inOrder(order)) {
      optimizer.lr = cosineDecay(step, steps, options.lr);
      optimizer.zeroGrad();
      const logits = model.forward(images(pixels, count));
      const loss = crossEntropy(logits, tensor(labels, { shape: [count], dtype: "int32" }));
      loss.backward();
      optimizer.step();

      const value = loss.item();
      if (!Number.isFinite(value)) throw diverged(value, epoch, options);
      mean.add(value, countHits(argmax(logits, { axis: 1 }), labels), count);
      curve.add(value);
      step++;
      const elapsed = (performance.now() - started) / 1000;
      hooks.onStep?.({
        epoch,
        epochs: options.epochs,
        step,
        steps,
        loss: mean.loss,
        accuracy: mean.accuracy,
        secondsLeft: (elapsed / step) * (steps - step),
      });
      await breathe();
      if (mustEnd()) break;
    }
    if (mean.count === 0) break;
    judge = judgeModel(model, data.test);
    const figures: EpochFigures = {
      epoch: step / batches.perEpoch,
      trainLoss: mean.loss,
      trainAccuracy: mean.accuracy,
      testLoss: judge.loss,
      testAccuracy: judge.accuracy,
      seconds: (performance.now() - epochStarted) / 1000,
    };
    epochs.push(figures);
    hooks.onEpoch?.(figures, options.epochs);
    await breathe();
  }
  if (epochs.length === 0) return undefined;
  const parameters = readParameters(model);
  return {
    history: curve.points(),
    epochs,
    confusion: judge.confusion,
    mistakes: judge.worstMistakes(defaults.MISTAKES_SHOWN),
    weights: firstLayer(parameters),
    parameters,
    summary: String(summary(model, [options.batch, PIXELS])),
    interrupted: step < steps,
    steps: step,
    seconds: (performance.now() - started) / 1000,
  };
}

/** The learning rate of a step (counted from 0): half a cosine from `peak` to nearly 0. */
export function cosineDecay(step: number, steps: number, peak: number): number {
  return (peak / 2) * (1 + Math.cos((Math.PI * step) / steps));
}

function createModel(hidden: readonly number[], generator: Generator) {
  const sizes = [PIXELS, ...hidden, CLASSES];
  const layers = sizes.slice(1).flatMap((out, i) => {
    const linear = new Linear(sizes[i]!, out, { generator });
    return i < hidden.length ? [linear, relu] : [linear];
  });
  return new Sequential(...layers);
}

function createOptimizer(model: Model, { optimizer, lr }: Options) {
  const parameters = model.parameters();
  switch (optimizer) {
    case "sgd":
      return new SGD(parameters, { lr, momentum: defaults.SGD_MOMENTUM });
    case "adam":
      return new Adam(parameters, { lr });
    case "adamw":
      return new AdamW(parameters, { lr, weightDecay: defaults.ADAMW_WEIGHT_DECAY });
  }
}

/** The model's answers to all test images. */
function judgeModel(model: Model, test: Dataset): Judge {
  const judge = new Judge(test);
  const batches = new Batches(test, defaults.EVALUATION_BATCH);
  for (const { pixels, labels, count } of batches.inOrder()) {
    noGrad(() => {
      const logits = model.forward(images(pixels, count));
      const loss = crossEntropy(logits, tensor(labels, { shape: [count], dtype: "int32" }));
      judge.add(softmax(logits, { axis: 1 }).data, loss.item(), count);
    });
  }
  return judge;
}

function images(pixels: Float32Array, count: number): Tensor {
  return tensor(pixels, { shape: [count, PIXELS] });
}

function countHits(predicted: Tensor, labels: Int32Array): number {
  const digits = predicted.data;
  return labels.reduce((hits, label, i) => hits + (digits[i] === label ? 1 : 0), 0);
}

function readParameters(model: Model): NamedArray[] {
  return Object.entries(model.stateDict()).map(([name, value]) => ({
    name,
    shape: [...value.shape],
    data: Float32Array.from(value.data as Float32Array),
  }));
}

/** The rows of the first weight matrix, which is [out, in]: one image for every neuron. */
function firstLayer(parameters: readonly NamedArray[]): Float32Array[] {
  const { shape, data } = parameters.find(({ name }) => name === "0.weight")!;
  return Array.from({ length: shape[0]! }, (_, row) =>
    data.slice(row * PIXELS, (row + 1) * PIXELS),
  );
}

/** Lets Ctrl-C and the terminal have a turn: a training step never waits for anything itself. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function diverged(loss: number, epoch: number, options: Options): DivergenceError {
  return new DivergenceError({
    subject: `--lr ${options.lr}`,
    expected: "a loss that stays finite",
    received: `${loss} in epoch ${epoch}`,
    advice: `Choose a smaller learning rate, for example --lr ${options.lr / 10}.`,
  });
}
