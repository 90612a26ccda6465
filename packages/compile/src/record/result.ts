// What a recorded function returned: a tree of tensors and plain values.
import { describeValue, leavesOf, Tensor, TransformError } from "@wengert/autograd";
import { callerLine } from "@wengert/autograd/compiler";

/** A tree as a list: words for its form and for the number of each tensor among the different ones, and the
 *  values between them. Equal for results of one form with the same values. */
export function formOf(result: unknown): readonly unknown[] {
  const tensors: Tensor[] = [...new Set(leavesOf(result, "compile"))];
  const form: unknown[] = [];
  const walk = (node: unknown): void => {
    if (node instanceof Tensor) form.push(`tensor ${tensors.indexOf(node)}`);
    else if (Array.isArray(node)) {
      form.push(`an array of ${node.length}`);
      node.forEach(walk);
    } else if (isPlain(node)) {
      const entries = Object.entries(node);
      form.push(`an object of ${entries.length}`);
      for (const [key, child] of entries) {
        form.push(`the field ${key}`);
        walk(child);
      }
    } else form.push(typeof node === "string" ? describeValue(node) : node);
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
export const sameForm = (a: unknown, b: unknown): boolean =>
  differenceOf(formOf(a), formOf(b)) === null;

function differenceOf(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] | null {
  const count = Math.max(a.length, b.length);
  for (let i = 0; i < count; i++) if (!Object.is(a[i], b[i])) return [a[i], b[i]];
  return null;
}

/** @throws TransformError where two runs did not return the same */
export function checkSameForm(a: unknown, b: unknown): void {
  const difference = differenceOf(formOf(a), formOf(b));
  if (!difference) return;
  const [was, is] = difference.map((it) => (typeof it === "string" ? it : describeValue(it)));
  if (!difference.every((it) => typeof it === "object" || typeof it === "function")) {
    throw unstable("compile", `${was} among the results the first time`, `${is} the second time`);
  }
  throw new TransformError({
    where: "compile",
    expected: "results that are tensors, numbers and strings, in arrays and plain objects",
    got: `${is} among them that is made anew at each call${callerLine()}`,
    fix: "Return a tree, e.g. { loss, logits }; make other objects outside of the function.",
  });
}

/** The function did not do the same thing twice. */
export const unstable = (where: string, was: string, is: string): TransformError =>
  new TransformError({
    where,
    expected: `a function that does the same at each call: ${was}`,
    got: `${is}${callerLine()}`,
    fix: "Make what changes between calls an argument or a 0-d tensor, and make state before compiling.",
  });
