// The tape of a loss as a graph, with values and gradients: what tables and pictures are made of.
import { pullback, reachable, isTracked } from "../grad/backward.ts";
import { evaluate } from "../op/bind.ts";
import { entryOf, pauseTapes, type Entry } from "../op/entry.ts";
import { withInspector } from "../op/inspector.ts";
import { requireTensor } from "../op/operands.ts";
import { constantLike } from "../op/rules.ts";
import type { Attrs } from "../op/attrs.ts";
import { now } from "../tensor/clock.ts";
import { dtypeInfo, type DType } from "../tensor/dtype.ts";
import { GradientError, TransformError } from "../tensor/errors.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** One output of a call, or a tensor that the tape starts from. */
export interface TapeTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** The value of a tensor of one element; of others their Euclidean norm. */
  readonly value: number;
  /** The Euclidean norm of its gradient; null where none flows. */
  readonly gradientNorm: number | null;
}

/** What a call was given: an output of another call, or a leaf, by their numbers. */
export type TapeInput =
  | { readonly kind: "call"; readonly call: number; readonly output: number }
  | { readonly kind: "leaf"; readonly leaf: number };

/** A call on the tape. */
export interface TapeCall {
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly TapeInput[];
  readonly outputs: readonly TapeTensor[];
  /** Milliseconds: the op computed once more; null where its inputs have changed since. */
  readonly forward: number | null;
  /** Milliseconds that its vjp rules took. */
  readonly backward: number;
}

/** A tensor that no call on the tape has made. */
export interface TapeLeaf extends TapeTensor {
  readonly kind: "parameter" | "constant";
}

export interface TapeGraph {
  /** In the order in which they were made; the last one made the loss. */
  readonly calls: readonly TapeCall[];
  readonly leaves: readonly TapeLeaf[];
}

/** Walks the tape back once, on the side: it stays as it is, and so does every `.grad`. */
export function graphOf(where: string, loss: Tensor): TapeGraph {
  requireTensor(where, loss);
  check(where, loss);
  const entries = reachable(loss, null, where).reverse();
  const seen = new Gradients();
  pauseTapes(() => {
    const cotangent = constantLike(loss.layout, 1);
    const leaves = withInspector(seen, () => pullback(loss, cotangent, null, false, where));
    for (const [leaf, g] of leaves) seen.leaves.set(leaf, g);
  });
  const numbers = new Map<Entry, number>(entries.map((entry, i) => [entry, i]));
  const leaves: TapeLeaf[] = [];
  const places = new Map<Tensor, number>();
  const inputOf = (x: Tensor): TapeInput => {
    const entry = entryOf(x);
    const call = entry ? numbers.get(entry) : undefined;
    if (call !== undefined) return { kind: "call", call, output: x.outputIndex };
    let leaf = places.get(x);
    if (leaf === undefined) {
      places.set(x, (leaf = leaves.length));
      const kind = isTracked(x, null) ? "parameter" : "constant";
      leaves.push({ kind, ...describe(x, seen.leaves.get(x) ?? null) });
    }
    return { kind: "leaf", leaf };
  };
  const calls = entries.map((entry): TapeCall => {
    const cotangents = seen.outputs.get(entry) ?? [];
    return {
      op: entry.op.name,
      attrs: entry.attrs,
      inputs: entry.inputs.map(inputOf),
      outputs: entry.outputSpecs.map((_, i) => describe(entry.result(i), cotangents[i] ?? null)),
      forward: timeOf(entry),
      backward: seen.times.get(entry) ?? 0,
    };
  });
  return { calls, leaves };
}

class Gradients {
  readonly outputs = new Map<unknown, readonly (Tensor | null)[]>();
  readonly leaves = new Map<Tensor, Tensor>();
  readonly times = new Map<unknown, number>();

  pulled(call: unknown, cotangents: readonly (Tensor | null)[]): void {
    this.outputs.set(call, cotangents);
  }

  rule<R>(call: unknown, _: number | null, run: () => R): R {
    const start = now();
    const result = run();
    this.times.set(call, (this.times.get(call) ?? 0) + now() - start);
    return result;
  }
}

function describe(x: Tensor, gradient: Tensor | null): TapeTensor {
  const { shape, dtype } = x.layout;
  return {
    shape,
    dtype,
    bytes: sizeOf(shape) * dtypeInfo(dtype).bytes,
    value: x.size === 1 ? x.item() : norm(x),
    gradientNorm: gradient && norm(gradient),
  };
}

function norm(x: Tensor): number {
  let largest = 0;
  const { data } = x;
  for (const value of data) if (!(Math.abs(value) <= largest)) largest = Math.abs(value);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  // Scaled, so that squares neither overflow nor vanish.
  let sum = 0;
  for (const value of data) sum += (value / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** The shortest of some runs: the first one may compile, and others may be interrupted. */
function timeOf(entry: Entry): number | null {
  const { op, attrs } = entry;
  let best = Infinity;
  try {
    const inputs = Array.from({ length: entry.count }, (_, i) => entry.input(i));
    for (let run = 0; run < 3; run++) {
      const start = now();
      evaluate(op, inputs, attrs);
      best = Math.min(best, now() - start);
    }
  } catch (error) {
    if (error instanceof GradientError) return null;
    throw error;
  }
  return best;
}

function check(where: string, loss: Tensor): void {
  if (loss.box) {
    throw new TransformError({
      where,
      expected: "a tensor outside of transforms",
      got: `one inside of ${loss.box.trace.name}`,
      fix: "Look at a loss of parameters with requiresGrad, before its backward().",
    });
  }
  if (loss.requiresGrad) return;
  throw new GradientError({
    where,
    expected: "a tensor that was computed from tensors with requiresGrad",
    got: "one that is not on the tape",
    fix: "Make a parameter with { requiresGrad: true }, and compute outside of noGrad and detach.",
  });
}
