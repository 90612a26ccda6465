// Which program a call needs: by the arguments' tree, shapes and dtypes, by numbers and other values
// among them, and by the mode.
import { describeValue, leavesOf, OptionError, Tensor, TransformError } from "@wengert/autograd";
import { contiguousLayout, isRecording, type Layout } from "@wengert/autograd/compiler";

/** A call's arguments, taken apart. */
export interface Call {
  /** The tensors of the arguments' trees, in order; each object once. */
  readonly tensors: readonly Tensor[];
  /** Equal for calls that one program can serve. */
  readonly key: string;
}

const ids = new WeakMap<WeakKey, number>();
let nextId = 0;

/** Objects, functions and symbols among the arguments count by identity. */
function idOf(value: WeakKey): number {
  let id = ids.get(value);
  if (id === undefined) ids.set(value, (id = ++nextId));
  return id;
}

/** Equal for layouts that one program can serve. */
function keyOfLayout({ layout }: Tensor): string {
  const { id } = layout.isContiguous ? layout : contiguousLayout(layout.dtype, layout.shape);
  return String(id);
}

/** Takes arguments apart. `name` tells tensors apart that need different programs. */
export function takeApart(
  args: readonly unknown[],
  name: (tensor: Tensor) => string = keyOfLayout,
): Call {
  const tensors: Tensor[] = [];
  let key = isRecording(null) ? "grad" : "no grad";
  const walk = (node: unknown, depth: number): void => {
    // Throws for a tree that contains itself.
    if (depth === suspiciousDepth) leavesOf(node, "compile");
    if (node instanceof Tensor) {
      if (node.box !== null) throw kept(node.box.trace.name);
      const known = tensors.indexOf(node);
      if (known >= 0) key += `=${known};`;
      else {
        tensors.push(node);
        key += `${node.requiresGrad ? "g" : "t"}${name(node)};`;
      }
    } else if (Array.isArray(node)) {
      key += "[";
      for (const child of node) walk(child, depth + 1);
      key += "]";
    } else if (typeof node === "object" && node !== null && isPlain(node)) {
      key += "{";
      for (const [name, child] of Object.entries(node)) {
        key += `${JSON.stringify(name)}:`;
        walk(child, depth + 1);
      }
      key += "}";
    } else key += `${keyOfValue(node)};`;
  };
  for (const arg of args) walk(arg, 0);
  return { tensors, key };
}

const suspiciousDepth = 100;

/** Calls inside of a transform that is still running never come here. */
const kept = (transform: string) =>
  new TransformError({
    where: "compile",
    expected: "tensors of transforms that are still running",
    got: `one that was kept from inside of a finished ${transform}`,
    fix: `Return it from the function that ${transform} was given.`,
  });

function isPlain(node: object): boolean {
  const prototype = Object.getPrototypeOf(node) as unknown;
  return prototype === Object.prototype || prototype === null;
}

function keyOfValue(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") {
    const shared = Symbol.keyFor(value);
    return shared === undefined ? `#${idOf(value)}` : `@${JSON.stringify(shared)}`;
  }
  if (ArrayBuffer.isView(value)) throw elements(value);
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    return `#${idOf(value)}`;
  }
  return String(value);
}

/** A program for each array would freeze its elements. */
const elements = (value: ArrayBufferView) =>
  new OptionError({
    where: "compile",
    expected: "tensors as arguments, numbers and other values, and trees of them",
    got: describeValue(value),
    fix: "Pass tensor(values): the elements of a tensor are read at each call.",
  });

/** Calls whose arguments are tensors and nothing else, which can be told apart without taking them
 *  apart. */
export class PlainCall {
  private readonly layouts: readonly Layout[];
  private readonly needsGrad: readonly boolean[];
  private readonly recording = isRecording(null);

  private constructor(args: readonly Tensor[]) {
    this.layouts = args.map(({ layout }) => layout);
    this.needsGrad = args.map(({ requiresGrad }) => requiresGrad);
  }

  /** The kind of this call, or null if it is none of these: another argument, or one tensor twice. */
  static of(args: readonly unknown[]): PlainCall | null {
    const areTensors = args.every((arg) => arg instanceof Tensor);
    return areTensors && new Set(args).size === args.length ? new PlainCall(args) : null;
  }

  /** Whether another call is of this kind. */
  fits(args: readonly unknown[]): args is readonly Tensor[] {
    const { layouts, needsGrad } = this;
    if (args.length !== layouts.length || isRecording(null) !== this.recording) return false;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (!(arg instanceof Tensor) || arg.layout !== layouts[i] || arg.box !== null) return false;
      if (arg.requiresGrad !== needsGrad[i]) return false;
      for (let j = 0; j < i; j++) if (args[j] === arg) return false;
    }
    return true;
  }
}
