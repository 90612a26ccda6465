import { availableParallelism, cpus } from "node:os";
import type { ComparisonRow } from "./comparison.ts";
import type { Mnist } from "./data.ts";
import { formatCount } from "./format.ts";
import type { Options } from "./options.ts";
import { buildReport } from "./report/report.ts";
import type { Facts } from "./report/types.ts";
import type { TrainResult } from "./types.ts";

export interface FinishedRun {
  readonly options: Options;
  readonly network: string;
  readonly data: Mnist;
  readonly result: TrainResult;
  readonly rows: readonly ComparisonRow[];
  readonly startedAt: Date;
}

/** The report on a run, with what it ran on. */
export function reportOn({ options, network, data, result, rows, startedAt }: FinishedRun): string {
  const { epochs } = result;
  return buildReport({
    network,
    command: commandLine(options),
    options: [
      ["hidden layers", options.hidden.join(", ")],
      ["epochs", String(options.epochs)],
      ["batch", String(options.batch)],
      ["optimizer", options.optimizer],
      ["learning rate", `${options.lr}, falling to 0 along a half cosine`],
      ["seed", String(options.seed)],
      ["training images", formatCount(data.train.count)],
      ["test images", formatCount(data.test.count)],
    ],
    summary: result.summary,
    history: result.history,
    epochs,
    confusion: result.confusion,
    mistakes: result.mistakes,
    weights: result.weights,
    comparison: rows,
    timing: {
      startedAt,
      seconds: result.seconds,
      steps: result.steps,
      images: Math.round(epochs.at(-1)!.epoch * data.train.count),
    },
    environment: environment(),
    interrupted: result.interrupted,
  });
}

/** The command that gives the same figures again, whatever the defaults may be then. */
export function commandLine(options: Options): string {
  const { hidden, epochs, batch, lr, optimizer, seed, limit } = options;
  const values = { hidden: hidden.join(","), epochs, batch, lr, optimizer, seed, limit };
  const flags = Object.entries(values).map(([name, value]) => `--${name} ${value}`);
  return `npm start -- ${flags.join(" ")}`;
}

function environment(): Facts {
  return [
    ["runtime", `Node.js ${process.version}, V8 ${process.versions.v8}`],
    ["system", `${process.platform} ${process.arch}`],
    ["processor", cpus()[0]?.model.trim() ?? "unknown"],
    ["cores", String(availableParallelism())],
  ];
}
