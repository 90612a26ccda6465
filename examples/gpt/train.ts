import { crossEntropy, Generator, noGrad, type Tensor } from "@wengert/autograd";
import { AdamW } from "@wengert/optim";
import { breathe } from "../shared/breathe.ts";
import { prepare } from "../shared/compiled.ts";
import { DivergenceError } from "../shared/errors.ts";
import { cosineDecay } from "../shared/schedule.ts";
import { BETAS, EVALUATION_BATCH, REPORT_EVERY, WARMUP, WEIGHT_DECAY } from "./defaults.ts";
import { bitsPerCharacter } from "./evaluate.ts";
import { GPT } from "./model.ts";
import type { Options } from "./options.ts";
import { continueText } from "./sample.ts";
import type { Corpus } from "./text.ts";
import { randomWindows } from "./windows.ts";

export interface StepProgress {
  /** Steps done, and steps in all. */
  readonly step: number;
  readonly steps: number;
  /** The mean loss since the last report, in bits per character. */
  readonly bits: number;
  readonly msPerStep: number;
  readonly secondsLeft: number;
}

export interface TrainHooks {
  /** `isReport`: enough steps have been taken together for a figure that stays. */
  onStep?(progress: StepProgress, isReport: boolean): void;
  /** Ends the training after the step that it is in. */
  readonly signal?: AbortSignal;
}

export interface TrainedModel {
  readonly model: GPT;
  readonly steps: number;
  /** The mean training loss of the last steps, in bits per character. */
  readonly trainBits: number;
  /** The time of a step, but for the first, which is compiled. */
  readonly msPerStep: number;
  readonly interrupted: boolean;
  /** The loss on the part of the text that was held out, in bits per character. */
  measure(): number;
  /** Continues the text without end; the same at each call. */
  write(prompt: string, temperature: number): Iterable<string>;
}

/** @returns undefined where the signal came before the first step. */
export async function train(
  options: Options,
  { vocabulary, codes, heldOutFrom }: Corpus,
  hooks: TrainHooks = {},
): Promise<TrainedModel | undefined> {
  const { steps, context, batch, lr } = options;
  const [initial, order, chance] = new Generator(options.seed).split(3);
  const model = new GPT({ ...options, vocabulary: vocabulary.size, generator: initial });
  const optimizer = new AdamW(model.parameters(), { lr, betas: BETAS, weightDecay: WEIGHT_DECAY });
  const learn = prepare((inputs: Tensor, targets: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(inputs), targets);
    loss.backward();
    optimizer.step();
    return loss;
  }, options);

  const text = codes.subarray(0, heldOutFrom);
  const warmup = Math.min(WARMUP.steps, Math.floor(WARMUP.share * steps));
  const clock = new StepClock();
  let recent: number[] = [];
  let [step, trainBits] = [0, NaN];
  while (step < steps && hooks.signal?.aborted !== true) {
    optimizer.lr = cosineDecay(step, steps, lr, warmup);
    const loss = learn(...randomWindows(text, batch, context, order)).item();
    if (!Number.isFinite(loss)) throw diverged(loss, step + 1, lr);
    step++;
    recent.push(loss / Math.LN2);
    trainBits = recent.reduce((a, b) => a + b) / recent.length;
    const msPerStep = clock.tick();
    const secondsLeft = ((steps - step) * msPerStep) / 1000;
    const isReport = recent.length === REPORT_EVERY || step === steps;
    hooks.onStep?.({ step, steps, bits: trainBits, msPerStep, secondsLeft }, isReport);
    if (recent.length === REPORT_EVERY) recent = [];
    await breathe();
  }
  if (step === 0) return undefined;

  const lossesOf = prepare(
    (inputs: Tensor, targets: Tensor): Tensor =>
      noGrad(() => crossEntropy(model.forward(inputs), targets, { reduction: "none" })),
    options,
  );
  const logitsOf = prepare(
    (window: Tensor): Tensor => noGrad(() => model.forward(window)),
    options,
  );
  const drawn = chance.state.clone();
  return {
    model,
    steps: step,
    trainBits,
    msPerStep: clock.msPerStep,
    interrupted: step < steps,
    measure: () =>
      bitsPerCharacter(lossesOf, codes, heldOutFrom, { context, batch: EVALUATION_BATCH }),
    *write(prompt, temperature) {
      chance.state.copyFrom(drawn);
      const sampling = { context, temperature, generator: chance };
      for (const code of continueText(logitsOf, vocabulary.encode(prompt), sampling)) {
        yield vocabulary.decode([code]);
      }
    },
  };
}

/** The mean time of a step, but for the first one as soon as there are others. */
class StepClock {
  readonly #start = performance.now();
  #firstDone = this.#start;
  #lastDone = this.#start;
  #steps = 0;

  tick(): number {
    this.#lastDone = performance.now();
    if (this.#steps++ === 0) this.#firstDone = this.#lastDone;
    return this.msPerStep;
  }

  get msPerStep(): number {
    return this.#steps > 1
      ? (this.#lastDone - this.#firstDone) / (this.#steps - 1)
      : this.#lastDone - this.#start;
  }
}

function diverged(loss: number, step: number, lr: number): DivergenceError {
  return new DivergenceError({
    subject: `--lr ${lr}`,
    expected: "a loss that stays finite",
    received: `${loss} in step ${step}`,
    advice: `Choose a smaller learning rate, for example --lr ${lr / 10}.`,
  });
}
