// Walking the tape backward.
import { type Entry, entryOf, pauseTapes } from "../op/entry.ts";
import { inspector } from "../op/inspector.ts";
import { vjpRuleFor } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { constantLike, zerosLike } from "../op/rules.ts";
import { clone } from "../ops/cast.ts";
import { sumTo } from "../ops/move.ts";
import { add } from "../ops/pointwise.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import {
  DTypeError,
  GradientError,
  OpDefinitionError,
  ShapeError,
  TransformError,
  ValueError,
} from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { hasRepeats } from "../tensor/layout.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import type { Storage } from "../tensor/storage.ts";
import { Tensor, type BackwardOptions, type Trace } from "../tensor/tensor.ts";
import { hookedLeaf, hookedOutputs } from "./hooks.ts";

/** Whether a gradient flows to the tensor on the tape of this transform (null: of backward). */
export const isTracked = (tensor: Tensor, trace: Trace | null): boolean =>
  tensor.requiresGrad && (tensor.box ? tensor.box.trace : null) === trace;

/**
 * Pulls a cotangent of the root back to the leaves of its tape: tensors that need a gradient and
 * that no op made. Entries are visited in descending order of their numbers, so each is complete
 * when its turn comes.
 */
export function pullback(
  root: Tensor,
  cotangent: Tensor,
  trace: Trace | null,
  release: boolean,
  where: string,
): Map<Tensor, Tensor> {
  return pullbackAll([[root, cotangent]], trace, release, where);
}

/** The same for several roots at once, each with its cotangent. */
export function pullbackAll(
  roots: readonly (readonly [root: Tensor, cotangent: Tensor])[],
  trace: Trace | null,
  release: boolean,
  where: string,
): Map<Tensor, Tensor> {
  const leaves = new Map<Tensor, Tensor>();
  const pending = new Map<Entry, (Tensor | null)[]>();
  const accumulate = (tensor: Tensor, g: Tensor): void => {
    const entry = entryOf(tensor);
    if (entry === null) {
      const sum = leaves.get(tensor);
      leaves.set(tensor, sum ? add(sum, g) : g);
      return;
    }
    let slots = pending.get(entry);
    if (!slots) pending.set(entry, (slots = []));
    const sum = slots[tensor.outputIndex];
    slots[tensor.outputIndex] = sum ? add(sum, g) : g;
  };
  const entries = reachableFrom(
    roots.map(([root]) => root),
    trace,
    where,
  );
  for (const [root, cotangent] of roots) accumulate(root, cotangent);
  for (const entry of entries) {
    const pulled = pending.get(entry);
    pending.delete(entry);
    if (!pulled) continue;
    const cotangents = hookedOutputs(entry, pulled);
    inspector?.pulled?.(entry, cotangents);
    const { inputs } = entry;
    for (let i = 0; i < inputs.length; i++) {
      if (!isTracked(inputs[i], trace)) continue;
      const g = cotangentOf(entry, i, cotangents);
      if (g) accumulate(inputs[i], g);
    }
  }
  for (const [leaf, g] of leaves) leaves.set(leaf, hookedLeaf(leaf, g));
  // Not before all rules have run: after an error the tape is still there.
  if (release) for (const entry of entries) entry.release();
  return leaves;
}

/** The entries that made the root, newest first. */
export function reachable(root: Tensor, trace: Trace | null, where: string): Entry[] {
  return reachableFrom([root], trace, where);
}

function reachableFrom(roots: readonly Tensor[], trace: Trace | null, where: string): Entry[] {
  const seen = new Set<Entry>();
  const stack: Tensor[] = [...roots];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    const entry = entryOf(tensor);
    if (entry === null || seen.has(entry)) continue;
    if (entry.isReleased) throw released(where);
    seen.add(entry);
    for (const input of entry.inputs) if (isTracked(input, trace)) stack.push(input);
  }
  return [...seen].sort((a, b) => b.number - a.number);
}

const released = (where: string) =>
  new GradientError({
    where,
    expected: "a tape that is still there",
    got: "one that an earlier backward has used up",
    fix: "Pass { retainGraph: true } to the earlier backward, or compute the loss again.",
  });

/** Applies the rule for one input and checks what it returns. */
function cotangentOf(entry: Entry, input: number, cotangents: (Tensor | null)[]): Tensor | null {
  const { op } = entry;
  const rule = vjpRuleFor(op, input);
  if (rule === null) return null;
  const cotangent = cotangents[0] ?? zerosLike(entry.outputSpecs[0]);
  const g = inspector?.rule
    ? inspector.rule(entry, input, () => rule(cotangent, entry, input, cotangents))
    : rule(cotangent, entry, input, cotangents);
  if (g === null) return null;
  const { shape, dtype } = entry.spec(input);
  const fitted = op.broadcasts && g instanceof Tensor ? sumTo(g, shape) : g;
  const valid =
    fitted instanceof Tensor && fitted.dtype === dtype && sameShape(fitted.shape, shape);
  if (valid) return fitted;
  throw new OpDefinitionError({
    where: `backward of ${op.name}`,
    expected: `a vjp rule for input ${input} that returns ${dtype} ${showShape(shape)}`,
    got: fitted instanceof Tensor ? `${fitted.dtype} ${showShape(fitted.shape)}` : String(fitted),
    fix: "Mend the op's vjp: a gradient has its input's shape and dtype.",
  });
}

/**
 * Computes the gradients of a scalar with respect to all tensors that have requiresGrad, and adds
 * them to their `.grad`. The tape is used up, unless retainGraph keeps it.
 *
 * @throws GradientError when the tensor is not on the tape, has more than one element and no
 *   cotangent is given, or its tape has been used up.
 * @throws MutationError when a tensor that the tape saved has been assigned since.
 * @example
 * const loss = mse(model.forward(x), y);
 * loss.backward();
 */
export function backward(loss: Tensor, options: BackwardOptions = {}): void {
  requireTensor("backward", loss);
  checkOptions("backward", options, ["cotangent", "retainGraph", "createGraph"]);
  const { createGraph = false, retainGraph = createGraph } = options;
  checkBoolean("backward", "createGraph", createGraph);
  checkBoolean("backward", "retainGraph", retainGraph);
  checkRoot(loss);
  const cotangent = options.cotangent ?? seed(loss);
  checkCotangent("backward", loss, cotangent);
  const run = (): void => {
    const taken = new Set([cotangent.storage]);
    for (const [leaf, g] of pullback(loss, cotangent, null, !retainGraph, "backward")) {
      leaf.grad = leaf.grad ? add(checkGrad(leaf, leaf.grad), g) : ownMemory(g, taken);
    }
  };
  if (createGraph) run();
  else pauseTapes(run);
}

/** What a user has put into `.grad` must be one. */
function checkGrad(leaf: Tensor, grad: Tensor): Tensor {
  const fits = grad instanceof Tensor && grad.dtype === leaf.dtype;
  if (fits && sameShape(grad.shape, leaf.shape)) return grad;
  throw new GradientError({
    where: "backward",
    expected: `a .grad of its tensor's dtype and shape, ${leaf.dtype} ${showShape(leaf.shape)}`,
    got: grad instanceof Tensor ? `${grad.dtype} ${showShape(grad.shape)}` : describe(grad),
    fix: "Set it to null, or to a gradient of that shape.",
  });
}

/** Rules hand the same tensor to several inputs, and repeat one by strides of 0. A gradient that is
 *  kept has memory of its own, so that assigning to it changes nothing else. */
function ownMemory(g: Tensor, taken: Set<Storage | null>): Tensor {
  const { storage, layout } = g;
  if (storage === null) return g;
  const isShared = taken.has(storage) || hasRepeats(layout);
  taken.add(storage);
  return isShared ? clone(g) : g;
}

function checkRoot(loss: Tensor): void {
  if (loss.box) {
    throw new TransformError({
      where: "backward",
      expected: "a tensor outside of transforms",
      got: `one inside of ${loss.box.trace.name}`,
      fix: "Inside of a transform, use grad(f)(…) instead of backward().",
    });
  }
  if (loss.requiresGrad) return;
  throw new GradientError({
    where: "backward",
    expected: "a tensor that was computed from tensors with requiresGrad",
    got: isFloat(loss.dtype) ? "one that is not on the tape" : `one of dtype ${loss.dtype}`,
    fix: "Make a parameter with { requiresGrad: true }, and compute outside of noGrad and detach.",
  });
}

/** The cotangent 1 of a loss. */
function seed(output: Tensor): Tensor {
  if (output.size === 1) return constantLike(output.layout, 1);
  throw new GradientError({
    where: "backward",
    expected: "a scalar, or a cotangent to weight the elements with",
    got: `shape ${showShape(output.shape)}`,
    fix: "Reduce it (sum, mean), or pass { cotangent } of its shape.",
  });
}

export function checkCotangent(where: string, output: Tensor, cotangent: Tensor): void {
  const isForward = where === "jvp" || where === "linearize";
  const what = isForward ? "tangent" : "cotangent";
  const whose = isForward ? "argument" : "output";
  if (!(cotangent instanceof Tensor)) {
    throw new ValueError({
      where,
      expected: `a tensor as ${what}`,
      got: describe(cotangent),
      fix: `Make one of the ${whose}'s shape, e.g. full(x.shape, value).`,
    });
  }
  if (!sameShape(cotangent.shape, output.shape)) {
    throw new ShapeError({
      where,
      expected: `a ${what} of the ${whose}'s shape ${showShape(output.shape)}`,
      got: showShape(cotangent.shape),
      fix: "Expand or reshape it.",
    });
  }
  if (cotangent.dtype === output.dtype) return;
  throw new DTypeError({
    where,
    expected: `a ${what} of the ${whose}'s dtype ${output.dtype}`,
    got: cotangent.dtype,
    fix: `Cast it: cast(${what}, "${output.dtype}").`,
  });
}

Object.defineProperty(Tensor.prototype, "backward", {
  configurable: true,
  writable: true,
  value(this: Tensor, options?: BackwardOptions) {
    backward(this, options);
  },
});
