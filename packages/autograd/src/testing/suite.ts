// Runs the checks over samples drawn by fast-check.
import * as fc from "fast-check";
import { isOp, type OpFunction } from "../op/define.ts";
import type { Op } from "../op/op.ts";
import type { Sample } from "../op/samples.ts";
import { describe } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape } from "../tensor/shape.ts";
import { checks, type Check } from "./checks.ts";
import { drawBy } from "./draw.ts";
import { OpCheckError } from "./errors.ts";

export interface OpCheckOptions {
  /** Samples drawn for each check. Default: 50. */
  readonly runs?: number;
  /** Default: a fixed one, so that runs are reproducible. */
  readonly seed?: number;
  /** The names of the checks to run. Default: all of them. */
  readonly only?: readonly string[];
}

const defaultRuns = 50;
const defaultSeed = 1964;

/** The names of the suite's checks, in order. */
export const checkNames: readonly string[] = checks.map((check) => check.name);

/** The ops among a module's exports: functions that carry a record.
 *  @example import * as mine from "./my-ops.ts"; checkOps(opsOf(mine)); */
export const opsOf = (exports: Readonly<Record<string, unknown>>): OpFunction[] => [
  ...new Set(Object.values(exports).filter(isOp)),
];

/**
 * Checks an op over samples of its record: values against the record's formula, derivatives in
 * both modes and of second order against finite differences, strided, aliased, broadcast, empty
 * and size-1 inputs, dtype and shape rule, batching.
 * @throws OpCheckError with the op, the smallest failing sample, the values that differ, and the
 *   seed that replays it.
 * @example checkOp(swish);
 */
export function checkOp(f: OpFunction, options: OpCheckOptions = {}): void {
  checkOptions("checkOp", options, ["runs", "seed", "only"]);
  checkRequest(f, options);
  for (const check of checks) {
    if (options.only && !options.only.includes(check.name)) continue;
    runCheck(f.op, check, options);
  }
}

function checkRequest(f: unknown, { only = [], runs = 1 }: OpCheckOptions): void {
  const complain = (expected: string, got: string, fix: string) =>
    new OptionError({ where: "checkOp", expected, got, fix });
  if (!isOp(f)) {
    throw complain("an op: what defineOp returns", describe(f), "Pass the function itself.");
  }
  const unknown = only.find((name) => !checkNames.includes(name));
  if (unknown !== undefined) {
    throw complain(`names of checks (${checkNames.join("; ")})`, unknown, "Check its spelling.");
  }
  if (!Number.isInteger(runs) || runs < 1) {
    throw complain("a number of runs >= 1", String(runs), "Leave it out for the default.");
  }
}

/** Checks a list of ops; see checkOp. @throws OpCheckError for the first op that fails. */
export function checkOps(ops: readonly OpFunction[], options: OpCheckOptions = {}): void {
  for (const op of ops) checkOp(op, options);
}

interface Failure {
  readonly sample: Sample;
  readonly reason: Error;
}

/** How hard a sample is to take in: first the number of elements, then their size. */
function bulk({ inputs }: Sample): number {
  const values = inputs.flatMap((input) => input.data);
  return values.length + values.reduce((sum, x) => sum + Math.min(Math.abs(x), 9), 0) / 1e3;
}

/** After a failure so many further seeds are tried for a smaller one: fast-check shrinks values, but
 *  seldom shapes, since the values are drawn after them. */
const furtherSeeds = 5;

function runCheck(
  op: Op,
  check: Check,
  { runs = defaultRuns, seed = defaultSeed }: OpCheckOptions,
) {
  let smallest: Failure | null = null;
  const property = fc.property(fc.gen(), (generate) => {
    const sample = op.samples(drawBy(generate));
    try {
      check.run(op, sample);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      if (!smallest || bulk(sample) < bulk(smallest.sample)) smallest = { sample, reason };
      throw error;
    }
  });
  const details = fc.check(property, { numRuns: runs, seed });
  if (!details.failed) return;
  for (let k = 1; k <= furtherSeeds; k++) fc.check(property, { numRuns: runs, seed: seed + k });
  if (smallest === null) throw details.errorInstance;
  const { sample, reason } = smallest as Failure;
  throw new OpCheckError({
    op: op.name,
    check: check.name,
    inputs: sample.inputs.map(
      ({ dtype, shape, data }) => `${dtype} ${showShape(shape)}: ${JSON.stringify(data)}`,
    ),
    attrs: JSON.stringify(sample.attrs),
    reason,
    options: [`seed: ${seed}`, ...(runs === defaultRuns ? [] : [`runs: ${runs}`])],
  });
}
