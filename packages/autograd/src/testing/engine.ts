// Runs one check of one subject over samples. checkOp, the matchers and the command line all come here.
import type { OpRecord } from "../op/op.ts";
import type { Sample, SampleArray } from "../op/samples.ts";
import { now } from "../tensor/clock.ts";
import { showShape } from "../tensor/shape.ts";
import { placeIn } from "../op/caller.ts";
import { OptionError, WengertError } from "../tensor/errors.ts";
import { adviceForRandom } from "./diagnose.ts";
import { GradcheckError } from "./errors.ts";
import { Difference, Measure, Skip, type Check } from "./checks/check.ts";
import { determinism } from "./checks/values.ts";
import { choicesOf, drawAgain, drawRandomly, pathOf, type Drawing } from "./draw.ts";
import { shrink } from "./shrink.ts";
import type { Subject, SubjectSample } from "./subject.ts";
import type { Slope } from "./taylor.ts";

export interface RunOptions {
  /** Samples drawn for each check; some checks take a share of them. Default: 50. */
  readonly runs?: number;
  /** Default: a fixed one, so that runs are reproducible. */
  readonly seed?: number;
  /** The choices that a failing sample was drawn by: only this sample is tried. */
  readonly path?: string;
  /** Whether a failure is made small. Default: true. */
  readonly shrinks?: boolean;
}

/** The smallest sample that was found to fail. */
export interface Failure {
  /** Dtype, shape and elements of each input, printed. */
  readonly inputs: readonly string[];
  readonly attrs: string;
  readonly error: Error;
  /** What it was drawn by first, and the choices that draw it now. */
  readonly seed: number;
  readonly path: string;
}

/** What one check has to say about one subject. */
export interface CheckResult {
  readonly subject: string;
  readonly check: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it was skipped. */
  readonly reason: string | null;
  /** How many samples it had something to say about, and how many numbers were compared. */
  readonly samples: number;
  readonly comparisons: number;
  /** The largest |got − wanted| / (1 + |wanted|) among what passed. */
  readonly worstError: number;
  /** The least slope of a Taylor remainder, where one was looked at. */
  readonly slope: Slope | null;
  readonly milliseconds: number;
  readonly failure: Failure | null;
}

export const defaultRuns = 50;
const defaultSeed = 1964;

/** A sample of an op, by number: the same one each time. */
export const sampleOf = ({ samples }: Pick<OpRecord, "samples">, number: number): Sample =>
  drawRandomly((draw) => samples(draw), defaultSeed, number).sample;

/** What an op's samples leave out inside of their domains, as its record says: values, or "ties". */
export function kinksOf({ samples }: Pick<OpRecord, "samples">): string[] {
  const kinks = new Set<string>();
  for (let number = 0; number < 60; number++) {
    drawRandomly(
      (draw) => samples(draw),
      defaultSeed,
      number,
      false,
      (kink) => kinks.add(kink),
    );
  }
  return [...kinks];
}

export function runCheck(subject: Subject, check: Check, options: RunOptions = {}): CheckResult {
  const { runs = defaultRuns, seed = defaultSeed, path } = options;
  const started = now();
  const run = new Run(subject, check);
  const reason = check.skips(subject);
  const failure =
    reason !== null
      ? null
      : path !== undefined
        ? run.replay(path, seed)
        : run.search(Math.max(1, Math.round(runs * (check.share ?? 1))), seed, options.shrinks);
  const hasSaid = run.samples > 0 || failure !== null;
  return {
    subject: subject.name,
    check: check.name,
    status: failure ? "failed" : hasSaid ? "passed" : "skipped",
    reason: hasSaid ? null : (reason ?? run.reason ?? "no sample of it is one for this check"),
    samples: run.samples,
    comparisons: run.measure.comparisons,
    worstError: run.measure.worstError,
    slope: run.measure.slope,
    milliseconds: now() - started,
    failure,
  };
}

class Run {
  readonly measure = new Measure();
  samples = 0;
  /** Why samples were passed over. */
  reason: string | null = null;
  private readonly subject: Subject;
  private readonly check: Check;

  constructor(subject: Subject, check: Check) {
    this.subject = subject;
    this.check = check;
  }

  search(runs: number, seed: number, shrinks = true): Failure | null {
    const { subject, prefersEdges } = this;
    for (let number = 0; number < runs; number++) {
      const drawing = drawRandomly(subject.samples, seed, number, prefersEdges);
      const error = this.complaintOf(drawing.sample);
      if (error === null) continue;
      if (!shrinks) return failureOf(drawing, error, seed);
      // A smaller sample may fail for another reason, such as a kink at 0, and would hide this one.
      const kind = kindOf(error);
      const fails = (sample: SubjectSample): boolean => {
        const other = this.complaintOf(sample);
        return other !== null && kindOf(other) === kind;
      };
      const least = shrink(drawing, subject.samples, fails, prefersEdges);
      return failureOf(least, this.complaintOf(least.sample) ?? error, seed);
    }
    return null;
  }

  replay(path: string, seed: number): Failure | null {
    const choices = choicesOf(path);
    if (choices === null) {
      throw new OptionError({
        where: "checkOp",
        expected: "a path: whole numbers with dots between them",
        got: JSON.stringify(path),
        fix: "Copy it from the report of a failure.",
      });
    }
    const drawing = drawAgain(this.subject.samples, choices, this.prefersEdges);
    const error = this.complaintOf(drawing.sample);
    return error && failureOf(drawing, error, seed);
  }

  private get prefersEdges(): boolean {
    return this.check.prefersEdges ?? false;
  }

  /** What the check throws for a sample; null where it is content. */
  private complaintOf(sample: SubjectSample): Error | null {
    try {
      if (this.check.run(this.subject, sample, this.measure) !== false) this.samples++;
      return null;
    } catch (reason) {
      if (!(reason instanceof Skip)) {
        return causeOf(this.subject, this.check, sample) ?? explained(reason);
      }
      this.reason = reason.message;
      return null;
    }
  }
}

/** How often a function is called again to see whether it gives other values: half of the masks of a small
 *  dropout are equal. */
const attempts = 4;

/** What lies behind any other complaint: other values each time. */
function causeOf(subject: Subject, check: Check, sample: SubjectSample): Error | null {
  if (check === determinism) return null;
  try {
    for (let i = 0; i < attempts; i++) determinism.run(subject, sample, new Measure());
    return null;
  } catch (error) {
    return error instanceof Difference ? new Difference(adviceForRandom) : null;
  }
}

/** What a user's code throws has a name and a place, which a message alone does not say. */
function explained(reason: unknown): Error {
  if (!(reason instanceof Error)) return new Error(String(reason), { cause: reason });
  if (reason instanceof WengertError || reason instanceof Difference) return reason;
  const { name, message, stack } = reason;
  return new Error(`${name}: ${message}${placeIn(stack)}`, { cause: reason });
}

/** What failures have in common that have one reason. */
const kindOf = (error: Error): string =>
  error instanceof GradcheckError ? error.mismatch.diagnosis.kind : error.constructor.name;

const failureOf = (
  { sample, choices }: Drawing<SubjectSample>,
  error: Error,
  seed: number,
): Failure => ({
  inputs: sample.inputs.map(showInput),
  attrs: JSON.stringify(sample.attrs),
  error,
  seed,
  path: pathOf(choices),
});

const showInput = ({ dtype, shape, data }: SampleArray): string =>
  `${dtype} ${showShape(shape)}: ${JSON.stringify(data)}`;
