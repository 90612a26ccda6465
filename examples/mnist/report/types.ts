import type { ComparisonRow } from "../comparison.ts";
import type { EpochFigures, LossPoint, Mistake, WeightImages } from "../types.ts";

/** A table of two columns: names and what belongs to them. */
export type Facts = readonly (readonly [name: string, value: string])[];

/** All that a report shows, as plain data. */
export interface RunReport {
  /** The sizes of the layers: `784-300-10`. */
  readonly network: string;
  /** The command that repeats the run. */
  readonly command: string;
  readonly options: Facts;
  /** The layers and their parameters, in lines of equal-width letters. */
  readonly summary: string;
  readonly history: readonly LossPoint[];
  readonly epochs: readonly EpochFigures[];
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly Mistake[];
  readonly weights: WeightImages;
  readonly comparison: readonly ComparisonRow[];
  readonly timing: {
    readonly startedAt: Date;
    readonly seconds: number;
    readonly steps: number;
    /** Training images that were read, each as often as it was. */
    readonly images: number;
  };
  readonly environment: Facts;
  /** True where Ctrl-C ended the run before its last epoch. */
  readonly interrupted: boolean;
}
