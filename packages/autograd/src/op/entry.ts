// Entries of the tape. They hang from the tensors that they made, so a forgotten loss takes its
// tape with it; there is no global list.
import { isFloat } from "../tensor/dtype.ts";
import type { Producer, Tensor, Trace } from "../tensor/tensor.ts";
import type { Attrs } from "./attrs.ts";
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
  for (let i = 0; i < outputs.length; i++) {
    if (isFloat(outputs[i].dtype)) outputs[i].recordProducer(entry, i);
  }
}

/** Transforms in progress, outermost first. */
const traces: Trace[] = [];

/** Tapes of this level and below do not record; -1 when all of them do. Level 0 is `backward()`'s. */
let pausedLevel = -1;

export const currentLevel = (): number => traces.length;

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
  pausedLevel = traces.length;
  try {
    return f();
  } finally {
    pausedLevel = before;
  }
}

/** Whether the function that calls this runs inside of a transform (grad, jvp, vmap). */
export const isTransforming = (): boolean => traces.length > 0;
