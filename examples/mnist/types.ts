/** What a training run produces: plain data that the report, the table and the tests share. */

export interface EpochFigures {
  /** Counted from 1; a fraction where the run was ended within an epoch. */
  readonly epoch: number;
  /** Means over the epoch, taken while the weights were changing. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** Figures of the weights at the end of the epoch, on all test images. */
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly seconds: number;
}

/** The mean training loss of some consecutive steps, at their middle. */
export interface LossPoint {
  readonly epoch: number;
  readonly loss: number;
}

/** A test image that was misread. */
export interface Mistake {
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly predicted: number;
  /** What the network gave the digit that it chose, from 0 to 1. */
  readonly probability: number;
}

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TrainResult {
  readonly history: readonly LossPoint[];
  /** At least one: a run that learnt nothing has no result. */
  readonly epochs: readonly EpochFigures[];
  /** `confusion[label][predicted]` counts test images. */
  readonly confusion: readonly (readonly number[])[];
  /** The misread test images of which the network was most certain, the worst first. */
  readonly mistakes: readonly Mistake[];
  /** The weights of each neuron or kernel of the first layer, as square images. */
  readonly weights: readonly Float32Array[];
  readonly parameters: readonly NamedArray[];
  readonly summary: string;
  /** Draws how the threads share a compiled step, as SVG, which takes half a second; nothing for an eager run. */
  readonly timeline?: () => string | undefined;
  readonly interrupted: boolean;
  readonly steps: number;
  /** The whole run, with the tests. */
  readonly seconds: number;
}

export interface StepProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done and steps in all, over the whole run. */
  readonly step: number;
  readonly steps: number;
  /** Means since the epoch began. */
  readonly loss: number;
  readonly accuracy: number;
  readonly secondsLeft: number;
}

export interface TrainHooks {
  onStep?(progress: StepProgress): void;
  onEpoch?(figures: EpochFigures, epochs: number): void;
  /** Ends the run after the step that it is in. */
  readonly signal?: AbortSignal;
}
