// What a recorded function returned: a tree of tensors and plain values.
import { leavesOf, Tensor, TransformError } from "@wengert/autograd";

/** A tree as a list: its form, the number of each tensor among the different ones, and the values
 *  between them. Equal for results of one form with the same values. */
export function formOf(result: unknown): readonly unknown[] {
  const tensors: Tensor[] = [...new Set(leavesOf(result, "compile"))];
  const form: unknown[] = [];
  const walk = (node: unknown): void => {
    if (node instanceof Tensor) form.push("tensor", tensors.indexOf(node));
    else if (Array.isArray(node)) {
      form.push("array", node.length);
      node.forEach(walk);
    } else if (isPlain(node)) {
      const entries = Object.entries(node);
      form.push("object", entries.length);
      for (const [key, child] of entries) {
        form.push(key);
        walk(child);
      }
    } else form.push(node);
  };
  walk(result);
  return form;
}

function isPlain(node: unknown): node is Record<string, unknown> {
  if (typeof node !== "object" || node === null) return false;
  const prototype = Object.getPrototypeOf(node) as unknown;
  return prototype === Object.prototype || prototype === null;
}

/** What is returned must be there now. */
export function checkResult<T>(result: T): T {
  if (!formOf(result).some(isPromise)) return result;
  throw new TransformError({
    where: "compile",
    expected: "a function that returns tensors",
    got: "one that returns a Promise",
    fix: "Load data before, and pass it to a synchronous function.",
  });
}

const isPromise = (value: unknown): boolean =>
  typeof (value as { then?: unknown } | null)?.then === "function";

/** Whether two runs returned the same, apart from the values of tensors. Objects with a class, and
 *  functions, are what they are: made anew at each run they would keep tensors without values. */
export function sameForm(a: unknown, b: unknown): boolean {
  const [x, y] = [formOf(a), formOf(b)];
  return x.length === y.length && x.every((value, i) => Object.is(value, y[i]));
}
