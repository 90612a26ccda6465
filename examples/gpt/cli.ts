import { showError } from "../shared/errors.ts";
import { formatCount, formatDuration } from "../shared/format.ts";
import { listenForInterrupt } from "../shared/interrupt.ts";
import { StatusLine, type ProgressStream } from "../shared/status-line.ts";
import { HELP } from "./help.ts";
import { parseOptions, type Options } from "./options.ts";
import { formatBits, progressLine, reportLine } from "./progress.ts";
import { corpusOf, loadText, type Corpus } from "./text.ts";
import type { TrainedModel, TrainHooks } from "./train.ts";
import { Trigram } from "./trigram.ts";

/** A new paragraph, which any text begins with and every line of it ends with. */
const PROMPT = "\n";

/** What the program needs of its surroundings. */
export interface Surroundings {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  readonly loadText?: () => string;
  train(options: Options, corpus: Corpus, hooks: TrainHooks): Promise<TrainedModel | undefined>;
}

/** Runs the whole program; returns its exit code. Errors that it does not know go through. */
export async function runCli(args: readonly string[], world: Surroundings): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      world.stdout.write(HELP);
      return 0;
    }
    return await trainAndWrite(options, world);
  } catch (error) {
    return showError(error, world.stderr, "npm run gpt -- --help");
  }
}

async function trainAndWrite(options: Options, world: Surroundings): Promise<number> {
  const started = performance.now();
  const corpus = corpusOf((world.loadText ?? loadText)());
  const line = new StatusLine(world.stderr);
  const interrupt = listenForInterrupt(
    () => line.log("Ending; Ctrl-C once more ends at once."),
    () => line.stop(),
  );
  try {
    world.stderr.write(introduction(options, corpus));
    const trained = await world.train(options, corpus, {
      onStep: (progress, isReport) => {
        if (isReport) line.log(reportLine(progress));
        line.draw((columns, colour) => progressLine(progress, columns, colour));
      },
      signal: interrupt.signal,
    });
    line.stop();
    if (trained === undefined) {
      world.stderr.write("Ended before anything was learnt.\n");
      return interrupt.exitCode ?? 1;
    }
    world.stderr.write(`Measuring on the ${formatCount(heldOut(corpus))} held-out characters …\n`);
    const testBits = trained.measure();
    const trigramBits = trigramOf(corpus);
    const seconds = (performance.now() - started) / 1000;
    // With --json, standard output belongs to the one line.
    const talk = options.json ? world.stderr : world.stdout;
    talk.write(conclusion({ trained, testBits, trigramBits, seconds }));
    if (options.sample > 0) writeSample(trained, options, talk);
    if (options.json) {
      const figures = {
        model: `gpt-${options.layers}x${options.width}`,
        steps: trained.steps,
        trainBits: round(trained.trainBits, 4),
        testBits: round(testBits, 4),
        trigramBits: round(trigramBits, 4),
        msPerStep: round(trained.msPerStep, 2),
        seconds: round(seconds, 2),
      };
      world.stdout.write(`${JSON.stringify(figures)}\n`);
    }
    return trained.interrupted ? (interrupt.exitCode ?? 1) : 0;
  } finally {
    line.stop();
    interrupt.release();
  }
}

function introduction({ layers, width, context }: Options, { codes, vocabulary }: Corpus): string {
  return (
    `Training a GPT of ${layers} × ${width} on Moby-Dick: ${formatCount(codes.length)} ` +
    `characters, ${vocabulary.size} different ones, ${context} seen at a time. Ctrl-C ends it.\n`
  );
}

function conclusion(run: {
  readonly trained: TrainedModel;
  readonly testBits: number;
  readonly trigramBits: number;
  readonly seconds: number;
}): string {
  const { trained, testBits, trigramBits, seconds } = run;
  const rows = [
    ["this GPT", formatBits(testBits)],
    ["a trigram model", formatBits(trigramBits)],
  ].map(([name, bits]) => `  ${name.padEnd(16)}${bits}\n`);
  return (
    `\nPer character of the held-out text, after ${formatCount(trained.steps)} steps ` +
    `(${formatDuration(seconds)}, ${trained.msPerStep.toFixed(1)} ms per step):\n${rows.join("")}`
  );
}

/** Character by character, as it is written. */
function writeSample(trained: TrainedModel, options: Options, talk: ProgressStream): void {
  talk.write("\n");
  let count = 0;
  for (const character of trained.write(PROMPT, options.temperature)) {
    talk.write(character);
    if (++count === options.sample) break;
  }
  talk.write("\n");
}

function trigramOf({ codes, heldOutFrom, vocabulary }: Corpus): number {
  const trigram = new Trigram(codes.subarray(0, heldOutFrom), vocabulary.size);
  return trigram.bitsPerCharacter(codes, heldOutFrom);
}

const heldOut = ({ codes, heldOutFrom }: Corpus): number => codes.length - heldOutFrom;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
