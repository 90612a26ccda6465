import { WengertError } from "../tensor/errors.ts";
import type { Diagnosis } from "./diagnose.ts";
import { showSlope, type Slope } from "./taylor.ts";

/** Where an analytic derivative is not what it should be. */
export interface Mismatch {
  /** What was compared, e.g. "reverse mode". */
  readonly check: string;
  /** Which element of what, e.g. "input 0, element [1, 2]". */
  readonly place: string;
  readonly analytic: number;
  readonly numeric: number;
  /** How the Taylor remainder with this derivative falls with the step; 2 with the right one. */
  readonly slope: Slope;
  /** What seems to be the matter. */
  readonly diagnosis: Diagnosis;
}

/** A derivative that differs from finite differences. */
export class GradcheckError extends WengertError {
  readonly mismatch: Mismatch;

  constructor(mismatch: Mismatch) {
    const { check, place, analytic, numeric, slope, diagnosis } = mismatch;
    super({
      where: `gradcheck (${check})`,
      expected: `${numeric} by finite differences for ${place}`,
      got: `${analytic} by the derivative rules`,
      fix: `The Taylor remainder ${showSlope(slope)}; with the right derivative, as h^2. ${diagnosis.advice}`,
    });
    this.mismatch = mismatch;
  }
}

/** Inputs that a gradient check can make no sense of. */
export class GradcheckInputError extends WengertError {}

/** An op, or a function, that fails one of the suite's checks. */
export class OpCheckError extends Error {
  readonly op: string;
  readonly check: string;
  /** The inputs of the smallest failing sample, printed. */
  readonly inputs: readonly string[];
  readonly attrs: string;
  readonly reason: Error;
  /** The call that finds this sample again. */
  readonly replay: string;

  constructor(report: {
    readonly op: string;
    readonly check: string;
    /** What the check holds against what. */
    readonly title: string;
    readonly inputs: readonly string[];
    readonly attrs: string;
    readonly reason: Error;
    readonly options: readonly string[];
  }) {
    const { op, check, title, inputs, attrs, reason, options } = report;
    // A function that is made in the call of checkOp has no name of its own.
    const replay = `checkOp(${/^[\w$]+$/.test(op) ? op : "f"}, { ${options.join(", ")}, only: ["${check}"] })`;
    const lines = [
      `${op} fails the check "${check}": ${title}`,
      ...inputs.map((input, i) => `  input ${i}: ${input}`),
      `  options: ${attrs}`,
      `  ${reason.message}`,
      `  replay: ${replay}`,
    ];
    super(lines.join("\n"), { cause: reason });
    this.name = "OpCheckError";
    this.op = op;
    this.check = check;
    this.inputs = inputs;
    this.attrs = attrs;
    this.reason = reason;
    this.replay = replay;
  }
}
