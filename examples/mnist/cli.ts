import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { showError } from "../shared/errors.ts";
import { formatDuration } from "../shared/format.ts";
import { listenForInterrupt } from "../shared/interrupt.ts";
import type { ProgressStream } from "../shared/status-line.ts";
import { compare, comparisonTable } from "./comparison.ts";
import { firstImages, loadMnist, type Mnist } from "./data.ts";
import { HELP } from "./help.ts";
import { folderName, modelName, networkName } from "./network.ts";
import { type Options, parseOptions } from "./options.ts";
import { Progress } from "./progress.ts";
import { prepareFolder, removeFile, saveFile } from "./save.ts";
import type { TrainHooks, TrainResult } from "./types.ts";
import { encodeWeights } from "./weights.ts";

const REPORT = "report.html";
const WEIGHTS = "weights.safetensors";

/** What the program needs of its surroundings. */
export interface Surroundings {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  readonly folder: string;
  readonly now: () => Date;
  readonly loadData?: () => Mnist;
  train(options: Options, data: Mnist, hooks: TrainHooks): Promise<TrainResult | undefined>;
}

/** Runs the whole program; returns its exit code. Errors that it does not know go through. */
export async function runCli(args: readonly string[], world: Surroundings): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      world.stdout.write(HELP);
      return 0;
    }
    return await trainAndReport(options, world);
  } catch (error) {
    return showError(error, world.stderr, "npm start -- --help");
  }
}

async function trainAndReport(options: Options, world: Surroundings): Promise<number> {
  const { stderr } = world;
  const whole = (world.loadData ?? loadMnist)();
  const data = { train: firstImages(whole.train, options.limit), test: whole.test };
  const startedAt = world.now();
  const wanted = options.out ?? freeFolder(world.folder, options, startedAt);
  const output = prepareFolder(wanted, [REPORT, WEIGHTS]);
  const progress = new Progress(stderr);
  const interrupt = listenForInterrupt(
    () => progress.log("Ending; Ctrl-C once more gives up what was learnt."),
    () => {
      progress.stop();
      output.discard();
    },
  );
  try {
    // Loaded before the training: what is missing here must not show after it.
    const { buildReport } = await import("./report/report.ts");
    const network = networkName(options);
    stderr.write(
      `Training ${network} with ${options.optimizer} on ${data.train.count} images, ` +
        `testing on ${data.test.count}. Ctrl-C ends and saves.\n`,
    );
    const result = await world.train(options, data, {
      onStep: (step) => progress.step(step),
      onEpoch: (figures, epochs) => progress.epoch(figures, epochs),
      signal: interrupt.signal,
    });
    progress.stop();
    if (result === undefined) {
      stderr.write("Ended before anything was learnt: nothing was saved.\n");
      output.discard();
      return interrupt.exitCode ?? 1;
    }
    // With --json, standard output belongs to the one line.
    const talk = options.json ? stderr : world.stdout;
    const save = (name: string, content: string | Uint8Array) => {
      saveFile(output.path, name, content);
      talk.write(`Saved ${shortPath(world.folder, join(output.path, name))}\n`);
    };
    // The weights first: whatever may happen to the report must not cost what was learnt. An
    // earlier run's report would not be about them.
    save(WEIGHTS, encodeWeights(result.parameters, { network, seed: String(options.seed) }));
    removeFile(output.path, REPORT);
    const last = result.epochs.at(-1)!;
    const testError = 1 - last.testAccuracy;
    const source = `this run, ${formatDuration(result.seconds)}`;
    const rows = compare(`${network}, ${options.optimizer}`, testError, source);
    save(REPORT, buildReport({ options, network, data, result, rows, startedAt }));
    talk.write(`\n${comparisonTable(rows)}\n`);
    if (options.json) {
      const figures = {
        model: modelName(options),
        epochs: round(last.epoch, 4),
        trainLoss: round(last.trainLoss, 6),
        testError: round(100 * testError, 4),
        seconds: round(result.seconds, 2),
      };
      world.stdout.write(`${JSON.stringify(figures)}\n`);
    }
    return result.interrupted ? (interrupt.exitCode ?? 1) : 0;
  } catch (error) {
    progress.stop();
    output.discard();
    throw error;
  } finally {
    interrupt.release();
  }
}

/** A folder under runs/ that is not there yet: `runs/mlp-300-20261231-235959`. */
function freeFolder(parent: string, options: Options, now: Date): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const base = join(parent, "runs", `${folderName(options)}-${time}`);
  let folder = base;
  for (let i = 2; existsSync(folder); i++) folder = `${base}-${i}`;
  return folder;
}

function shortPath(folder: string, path: string): string {
  const short = relative(folder, path);
  return short.startsWith("..") ? path : short;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
