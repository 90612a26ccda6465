// Which program a call needs: by the arguments' tree, shapes and dtypes, by numbers and other values
// among them, and by the mode.
import { Tensor } from "@wengert/autograd";
import { contiguousLayout, isRecording, type Layout } from "@wengert/autograd/compiler";

/** A call's arguments, taken apart. */
export interface Call {
  /** The tensors of the arguments' trees, in order; each object once. */
  readonly tensors: readonly Tensor[];
  /** Equal for calls that one program can serve. */
  readonly key: string;
}

const ids = new WeakMap<object, number>();
let nextId = 0;

/** Objects and functions among the arguments count by identity. */
function idOf(value: object): number {
  let id = ids.get(value);
  if (id === undefined) ids.set(value, (id = ++nextId));
  return id;
}

/** Takes arguments apart. */
export function takeApart(args: readonly unknown[]): Call {
  const tensors: Tensor[] = [];
  let key = isRecording(null) ? "grad" : "no grad";
  const walk = (node: unknown): void => {
    if (node instanceof Tensor) {
      const known = tensors.indexOf(node);
      if (known >= 0) key += `=${known};`;
      else {
        tensors.push(node);
        const { layout, requiresGrad } = node;
        const { id } = layout.isContiguous ? layout : contiguousLayout(layout.dtype, layout.shape);
        key += `${requiresGrad ? "g" : "t"}${id};`;
      }
    } else if (Array.isArray(node)) {
      key += "[";
      node.forEach(walk);
      key += "]";
    } else if (typeof node === "object" && node !== null && isPlain(node)) {
      key += "{";
      for (const [name, child] of Object.entries(node)) {
        key += `${JSON.stringify(name)}:`;
        walk(child);
      }
      key += "}";
    } else key += `${keyOfValue(node)};`;
  };
  for (const arg of args) walk(arg);
  return { tensors, key };
}

function isPlain(node: object): boolean {
  const prototype = Object.getPrototypeOf(node) as unknown;
  return prototype === Object.prototype || prototype === null;
}

function keyOfValue(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    return `#${idOf(value)}`;
  }
  return String(value);
}

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
      if (!(arg instanceof Tensor) || arg.layout !== layouts[i]) return false;
      if (arg.requiresGrad !== needsGrad[i]) return false;
      for (let j = 0; j < i; j++) if (args[j] === arg) return false;
    }
    return true;
  }
}
