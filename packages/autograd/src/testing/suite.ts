// Runs the checks of ops and functions, one after another, and throws for the first failure.
import { isOp, type OpFunction } from "../op/define.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Check } from "./checks/check.ts";
import { checks } from "./checks/index.ts";
import { defaultRuns, runCheck, type CheckResult, type Failure } from "./engine.ts";
import { OpCheckError } from "./errors.ts";
import { isSubject, subjectOf, type Checkable, type Subject } from "./subject.ts";

export interface OpCheckOptions {
  /** Samples drawn for each check; costly checks take a share of them. Default: 50. */
  readonly runs?: number;
  /** Default: a fixed one, so that runs are reproducible. */
  readonly seed?: number;
  /** Where a failure was found, as the message of it says: only that sample is tried. */
  readonly path?: string;
  /** Whether a failing sample is made small. Default: true. */
  readonly shrinks?: boolean;
  /** The names of the checks to run. Default: all of them. */
  readonly only?: readonly string[];
}

/** The names of the suite's checks, in order. */
export const checkNames: readonly string[] = checks.map((check) => check.name);

/** A check of the suite, for reports. */
export interface CheckInfo {
  readonly name: string;
  /** The name at its shortest, for narrow columns. */
  readonly label: string;
  /** What it holds against what. */
  readonly title: string;
  /** Whether its errors are those of float32, not of float64. */
  readonly isSingle: boolean;
}

/** What each check is about, in order. */
export const checkInfos: readonly CheckInfo[] = checks.map(
  ({ name, label, title, isSingle = false }) => ({ name, label, title, isSingle }),
);

/** The ops among a module's exports: functions that carry a record.
 *  @example import * as mine from "./my-ops.ts"; checkOps(opsOf(mine)); */
export const opsOf = (exports: Readonly<Record<string, unknown>>): OpFunction[] => [
  ...new Set(Object.values(exports).filter(isOp)),
];

/** What can be checked among a module's exports, ops and checkable functions, by their names: an op's
 *  is its record's, a function's that of its export. */
export function subjectsOf(exports: Readonly<Record<string, unknown>>): Map<string, Checkable> {
  const found = new Map<string, Checkable>();
  for (const [name, value] of Object.entries(exports)) {
    if (!isSubject(value) || [...found.values()].includes(value)) continue;
    const own = isOp(value) ? value.op.name : name;
    found.set(found.has(own) ? name : own, value);
  }
  return found;
}

/**
 * Checks an op over samples of its record, or a function made `checkable` over its samples: values
 * against the independent formula, derivatives in both modes and up to the third order against finite
 * differences and the Taylor remainder, the modes against each other, vmap against a loop, float32
 * against float64, empty and size-1 shapes, strided, aliased and broadcast inputs, dtypes, determinism.
 * @throws OpCheckError with the op, the smallest failing sample, the values that differ, and the
 *   seed and path that replay it.
 * @example checkOp(swish);
 */
export function checkOp(f: Checkable, options: OpCheckOptions = {}): void {
  for (const result of eachCheck(f, options)) {
    if (result.failure) throw new OpCheckError(reportOf(result, result.failure, options));
  }
}

/** Checks a list of ops; see checkOp. @throws OpCheckError for the first op that fails. */
export function checkOps(ops: readonly Checkable[], options: OpCheckOptions = {}): void {
  for (const op of ops) checkOp(op, options);
}

/**
 * What each check has to say, one after another, without an error for a failure.
 * @param name Of a function, in what is reported; default: its own.
 * @example for (const { check, status, worstError } of checkResults(swish)) console.log(check, status);
 */
export function* checkResults(
  f: Checkable,
  options: OpCheckOptions & { readonly name?: string } = {},
): Generator<CheckResult> {
  const { name, ...rest } = options;
  yield* eachCheck(f, rest, name);
}

function* eachCheck(f: Checkable, options: OpCheckOptions, name?: string): Generator<CheckResult> {
  checkOptions("checkOp", options, ["runs", "seed", "only", "path", "shrinks"]);
  const subject: Subject = subjectOf(f, name);
  const { only, ...rest } = options;
  for (const check of chosen(only, options)) yield runCheck(subject, check, rest);
}

function chosen(
  only: readonly string[] | undefined,
  { runs = 1 }: OpCheckOptions,
): readonly Check[] {
  const complain = (expected: string, got: string, fix: string) =>
    new OptionError({ where: "checkOp", expected, got, fix });
  if (!Number.isInteger(runs) || runs < 1) {
    throw complain("a number of runs >= 1", String(runs), "Leave it out for the default.");
  }
  if (only === undefined) return checks;
  return only.map((wanted) => {
    const found = checks.find(({ name, title }) => name === wanted || title === wanted);
    if (found) return found;
    throw complain(`names of checks (${checkNames.join(", ")})`, wanted, "Check its spelling.");
  });
}

function reportOf({ subject, check }: CheckResult, failure: Failure, options: OpCheckOptions) {
  const { runs = defaultRuns } = options;
  return {
    op: subject,
    check,
    title: checkInfos.find(({ name }) => name === check)!.title,
    inputs: failure.inputs,
    attrs: failure.attrs,
    reason: failure.error,
    options: [
      `seed: ${failure.seed}`,
      ...(runs === defaultRuns ? [] : [`runs: ${runs}`]),
      `path: "${failure.path}"`,
    ],
  };
}
