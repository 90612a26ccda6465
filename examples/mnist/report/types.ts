import type { ComparisonRow } from "../comparison.ts";
import type { Mnist } from "../data.ts";
import type { Options } from "../options.ts";
import type { TrainResult } from "../types.ts";

/** All that a report is drawn from. */
export interface FinishedRun {
  readonly options: Options;
  /** The sizes of the layers, `784-300-10`, or a name, `LeNet-5`. */
  readonly network: string;
  readonly data: Mnist;
  readonly result: TrainResult;
  readonly rows: readonly ComparisonRow[];
  readonly startedAt: Date;
}
