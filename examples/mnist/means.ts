import { CURVE_POINTS } from "./defaults.ts";
import type { LossPoint } from "./types.ts";

/** Loss and accuracy over the images seen so far. */
export class RunningMean {
  count = 0;
  #loss = 0;
  #hits = 0;

  add(meanLoss: number, hits: number, count: number): void {
    this.#loss += meanLoss * count;
    this.#hits += hits;
    this.count += count;
  }

  get loss(): number {
    return this.#loss / this.count;
  }

  get accuracy(): number {
    return this.#hits / this.count;
  }
}

/** The losses of all steps, thinned out to means of consecutive ones. */
export class LossCurve {
  readonly #points: LossPoint[] = [];
  readonly #window: number;
  readonly #stepsPerEpoch: number;
  #steps = 0;
  #sum = 0;
  #inWindow = 0;

  constructor(totalSteps: number, stepsPerEpoch: number) {
    this.#window = Math.ceil(totalSteps / CURVE_POINTS);
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  add(loss: number): void {
    this.#sum += loss;
    this.#inWindow++;
    this.#steps++;
    if (this.#inWindow === this.#window) this.#close();
  }

  points(): readonly LossPoint[] {
    if (this.#inWindow > 0) this.#close();
    return this.#points;
  }

  #close(): void {
    const middle = this.#steps - this.#inWindow / 2;
    this.#points.push({ epoch: middle / this.#stepsPerEpoch, loss: this.#sum / this.#inWindow });
    this.#sum = 0;
    this.#inWindow = 0;
  }
}
