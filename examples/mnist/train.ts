import {
  argmax,
  crossEntropy,
  eq,
  Generator,
  noGrad,
  permutation,
  softmax,
  sum,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import { summary, type Module } from "@wengert/nn";
import { Adam, AdamW, SGD } from "@wengert/optim";
import { breathe } from "../shared/breathe.ts";
import { prepare, timelineOf } from "../shared/compiled.ts";
import { DivergenceError } from "../shared/errors.ts";
import { cosineDecay } from "../shared/schedule.ts";
import { Batches, type Batch } from "./batches.ts";
import type { Dataset, Mnist } from "./data.ts";
import * as defaults from "./defaults.ts";
import { Judge } from "./judge.ts";
import { LossCurve, RunningMean } from "./means.ts";
import { createNetwork } from "./model.ts";
import type { Options } from "./options.ts";
import type { EpochFigures, NamedArray, TrainHooks, TrainResult } from "./types.ts";

/**
 * Trains a network. Nothing but the options and the data decides the figures, so that the same
 * seed gives the same ones.
 *
 * @returns undefined where the signal came before anything was learnt
 */
export async function train(
  options: Options,
  data: Mnist,
  hooks: TrainHooks = {},
): Promise<TrainResult | undefined> {
  const generator = new Generator(options.seed);
  const { model, inputShape } = createNetwork(options, generator);
  const optimizer = createOptimizer(model, options);
  const batches = new Batches(data.train, options.batch);
  const steps = options.epochs * batches.perEpoch;
  const curve = new LossCurve(steps, batches.perEpoch);
  const epochs: EpochFigures[] = [];
  const started = performance.now();
  let judge = new Judge(data.test);
  let step = 0;
  const mustEnd = () => hooks.signal?.aborted === true;

  const { learn, answer } = functionsOf(model, optimizer, options);
  const tensorsOf = ({ pixels, labels, count }: Batch): [pixels: Tensor, labels: Tensor] => [
    tensor(pixels, { shape: [count, ...inputShape] }),
    tensor(labels, { shape: [count], dtype: "int32" }),
  ];
  /** The model's answers to all images of a dataset. */
  const examine = (dataset: Dataset): Judge => {
    const result = new Judge(dataset);
    for (const batch of new Batches(dataset, defaults.EVALUATION_BATCH).inOrder()) {
      const { probabilities, loss } = answer(...tensorsOf(batch));
      result.add(probabilities.data, loss.item(), batch.count);
    }
    return result;
  };

  for (let epoch = 1; epoch <= options.epochs && !mustEnd(); epoch++) {
    const epochStarted = performance.now();
    const mean = new RunningMean();
    const order = permutation(data.train.count, { generator }).data;
    for (const batch of batches.inOrder(order)) {
      optimizer.lr = cosineDecay(step, steps, options.lr);
      const { loss, hits } = learn(...tensorsOf(batch));
      const value = loss.item();
      if (!Number.isFinite(value)) throw diverged(value, epoch, options);
      mean.add(value, hits.item(), batch.count);
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
    judge = examine(data.test);
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
  const seconds = (performance.now() - started) / 1000;
  const parameters = readParameters(model);
  return {
    history: curve.points(),
    epochs,
    confusion: judge.confusion,
    mistakes: judge.worstMistakes(defaults.MISTAKES_SHOWN),
    weights: firstLayer(parameters),
    parameters,
    summary: String(summary(model, [options.batch, ...inputShape])),
    timeline: () => timelineOf(learn),
    interrupted: step < steps,
    steps: step,
    seconds,
  };
}

/** What is computed of a batch: to learn from it, and to be tested on it. */
function functionsOf(
  model: Module,
  optimizer: ReturnType<typeof createOptimizer>,
  options: Options,
) {
  const learn = prepare((pixels: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const logits = model.forward(pixels);
    const loss = crossEntropy(logits, labels);
    loss.backward();
    optimizer.step();
    return { loss, hits: sum(eq(argmax(logits, { axis: 1 }), labels)) };
  }, options);
  const answer = prepare(
    (pixels: Tensor, labels: Tensor) =>
      noGrad(() => {
        const logits = model.forward(pixels);
        return { loss: crossEntropy(logits, labels), probabilities: softmax(logits, { axis: 1 }) };
      }),
    options,
  );
  return { learn, answer };
}

function createOptimizer(model: Module, { optimizer, lr }: Options) {
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

function readParameters(model: Module): NamedArray[] {
  return Object.entries(model.stateDict()).map(([name, value]) => ({
    name,
    shape: [...value.shape],
    data: Float32Array.from(value.data as Float32Array),
  }));
}

/** The first weight, [out, in] or [out, 1, rows, columns]: one image for every neuron or map. */
function firstLayer(parameters: readonly NamedArray[]): Float32Array[] {
  const { shape, data } = parameters.find(({ name }) => name === "0.weight")!;
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => data.slice(i * size, (i + 1) * size));
}

function diverged(loss: number, epoch: number, options: Options): DivergenceError {
  return new DivergenceError({
    subject: `--lr ${options.lr}`,
    expected: "a loss that stays finite",
    received: `${loss} in epoch ${epoch}`,
    advice: `Choose a smaller learning rate, for example --lr ${options.lr / 10}.`,
  });
}
