// Entries of the tape. They hang from the tensors that they made, so a forgotten loss takes its
// tape with it; there is no global list.
import { isFloat } from "../tensor/dtype.ts";
import { TransformError } from "../tensor/errors.ts";
import type { Producer, Tensor, Trace } from "../tensor/tensor.ts";
import type { Attrs } from "./attrs.ts";
import { inspector } from "./inspector.ts";
import { isDifferentiable, type Op } from "./op.ts";
import { SavedCall } from "./saved.ts";

let count = 0;

/** One op call: what it was given, what it made, and what its derivative rule may see. */
export class Entry extends SavedCall implements Producer {
  readonly number = ++count;
  /** The inputs as the tape sees them: tensors that may have entries of their own. */
  inputs: readonly Tensor[];
  /** The transform whose tape it is on; null for that of `backward()`. */
  readonly trace: Trace | null;
  /** Set when backward has used it up. */
  isReleased = false;

  constructor(
    op: Op,
    attrs: Attrs,
    inputs: readonly Tensor[],
    values: readonly Tensor[],
    results: readonly Tensor[],
    trace: Trace | null,
  ) {
    super(op, attrs, values, results, true);
    this.inputs = inputs;
    this.trace = trace;
  }

  override needs(i: number): boolean {
    const { requiresGrad, box } = this.inputs[i];
    return requiresGrad && (box === null ? null : box.trace) === this.trace;
  }

  /** What the call made, as its rules see it, even if it has been assigned since: to look at. */
  result(i: number): Tensor {
    return this.results[i];
  }

  /** Lets go of everything that the entry kept alive. */
  release(): void {
    this.isReleased = true;
    this.inputs = [];
    this.values = [];
    this.results = [];
  }
}

export const entryOf = (tensor: Tensor): Entry | null => tensor.producer as Entry | null;

/** Puts a call on the tape: `inputs` and `outputs` as the tape sees them, `values` and `results` as
 *  the rule will (the same tensors, except inside of a transform). */
export function record(
  op: Op,
  attrs: Attrs,
  inputs: readonly Tensor[],
  values: readonly Tensor[],
  outputs: readonly Tensor[],
  results: readonly Tensor[],
  trace: Trace | null = null,
): void {
  if (!isDifferentiable(op)) return;
  const entry = new Entry(op, attrs, inputs, values, results, trace);
  inspector?.recorded?.(entry);
  for (let i = 0; i < outputs.length; i++) {
    if (isFloat(outputs[i].dtype)) outputs[i].recordProducer(entry, i);
  }
}

/** Transforms in progress, outermost first. */
const traces: Trace[] = [];

/** Tapes of this level and below do not record; -1 when all of them do. Level 0 is `backward()`'s. */
let pausedLevel = -1;

export const isRecording = (trace: Trace | null): boolean =>
  (trace === null ? 0 : trace.level) > pausedLevel;

/** Runs f as a transform's body, one level further in. */
export function withTrace<T extends Trace, R>(make: (level: number) => T, f: (trace: T) => R): R {
  const trace = make(traces.length + 1);
  traces.push(trace);
  try {
    return f(trace);
  } finally {
    traces.pop();
  }
}

export const isActive = (trace: Trace): boolean => traces[trace.level - 1] === trace;

/** Runs f with all tapes that exist now paused. Transforms begun inside of it record as ever. */
export function pauseTapes<R>(f: () => R): R {
  const before = pausedLevel;
  const closedBefore = closed;
  pausedLevel = traces.length;
  closed = null;
  try {
    return f();
  } finally {
    pausedLevel = before;
    closed = closedBefore;
  }
}

/** While the body of a composite op runs on plain values: whose it is, and up to which level there are
 *  derivatives that it may not know of. */
interface ClosedBody {
  readonly where: string;
  readonly level: number;
  /** Whether backward()'s tape was recording. */
  readonly wasRecording: boolean;
}

let closed: ClosedBody | null = null;

/** Runs the body of a composite op. What it computes carries no gradient but by the op's own rules, so
 *  tensors that need one must come in as arguments: one that the body closes over is an error. */
export function withClosedBody<R>(where: string, f: () => R): R {
  const wasRecording = isRecording(null);
  return pauseTapes(() => {
    closed = { where, level: traces.length, wasRecording };
    return f();
  });
}

/** Complains about a tensor that needs a gradient inside of a closed body. Level 0 is backward()'s. */
export function checkClosure(op: Op, level: number): void {
  if (closed === null || !isDifferentiable(op)) return;
  if (level > closed.level || (level === 0 && !closed.wasRecording)) return;
  throw closesOver(closed.where);
}

export const closesOver = (where: string): TransformError =>
  new TransformError({
    where,
    expected:
      "a function whose tensors with derivatives are all arguments: its own rule knows no others",
    got: "one that closes over a tensor which is being differentiated, or batched",
    fix: "Pass it as an argument, or take it through stopGradient before.",
  });

/** Whether the function that calls this runs inside of a transform (grad, jvp, vmap). */
export const isTransforming = (): boolean => traces.length > 0;
