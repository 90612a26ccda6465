// Hooks on gradients: functions that see a tensor's gradient when backward has it complete.
import { entryOf, type Entry } from "../op/entry.ts";
import { GradientError, OptionError } from "../tensor/errors.ts";
import { describe } from "../tensor/dtype.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { Tensor, type GradientHook } from "../tensor/tensor.ts";

type Hooks = Set<GradientHook>;

/** By the leaf itself, or by the entry that made the tensor and as which output. */
const ofLeaves = new WeakMap<Tensor, Hooks>();
const ofEntries = new WeakMap<Entry, Map<number, Hooks>>();

/** Whether anybody has ever registered one: until then nothing is looked up. */
let exist = false;

/**
 * Calls the hook with the gradient of the tensor in each backward that reaches it, when all that flows
 * into it has been added up; what it returns takes the gradient's place. For computed tensors, too.
 * @returns The function that ends it.
 * @throws GradientError for a tensor that no gradient flows to.
 */
export function registerHook(tensor: Tensor, hook: GradientHook): () => void {
  if (typeof hook !== "function") {
    throw new OptionError({
      where: "registerHook",
      expected: "a function of the gradient",
      got: describe(hook),
      fix: "Write x.registerHook((g) => console.log(g)).",
    });
  }
  if (!tensor.requiresGrad) {
    throw new GradientError({
      where: "registerHook",
      expected: "a tensor that a gradient flows to",
      got: "one without requiresGrad that was not computed on a tape",
      fix: "Make it with { requiresGrad: true }, or register on what was computed of such tensors.",
    });
  }
  exist = true;
  const hooks = hooksOf(tensor);
  // Of its own, so that the same function may be registered twice.
  const own: GradientHook = (g) => hook(g);
  hooks.add(own);
  return () => {
    hooks.delete(own);
  };
}

function hooksOf(tensor: Tensor): Hooks {
  const entry = entryOf(tensor);
  if (entry === null) return valueOf(ofLeaves, tensor, () => new Set());
  const outputs = valueOf(ofEntries, entry, () => new Map<number, Hooks>());
  return valueOf(outputs, tensor.outputIndex, () => new Set());
}

interface Store<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

function valueOf<K, V>(store: Store<K, V>, key: K, make: () => V): V {
  let value = store.get(key);
  if (value === undefined) store.set(key, (value = make()));
  return value;
}

/** A leaf's gradient after its hooks. */
export function hookedLeaf(leaf: Tensor, g: Tensor): Tensor {
  const hooks = exist ? ofLeaves.get(leaf) : undefined;
  return hooks ? apply(hooks, g) : g;
}

/** The cotangents of an entry's outputs after their hooks. */
export function hookedOutputs(entry: Entry, cotangents: (Tensor | null)[]): (Tensor | null)[] {
  const outputs = exist ? ofEntries.get(entry) : undefined;
  if (!outputs) return cotangents;
  // A sparse array: outputs without a cotangent have no hook to call.
  return cotangents.map((g, i) => {
    const hooks = outputs.get(i);
    return g && hooks ? apply(hooks, g) : g;
  });
}

function apply(hooks: Hooks, gradient: Tensor): Tensor {
  let g = gradient;
  for (const hook of hooks) g = checked(hook(g), g);
  return g;
}

function checked(result: unknown, g: Tensor): Tensor {
  if (result === undefined || result === null) return g;
  const isTensor = result instanceof Tensor;
  if (isTensor && result.dtype === g.dtype && sameShape(result.shape, g.shape)) return result;
  throw new GradientError({
    where: "a hook on a gradient",
    expected: `nothing, or a gradient of its tensor's dtype and shape, ${g.dtype} ${showShape(g.shape)}`,
    got: isTensor ? `${result.dtype} ${showShape(result.shape)}` : describe(result),
    fix: "Return the gradient to use, or nothing to leave it as it is.",
  });
}

Object.defineProperty(Tensor.prototype, "registerHook", {
  configurable: true,
  writable: true,
  value(this: Tensor, hook: GradientHook) {
    return registerHook(this, hook);
  },
});
