// Trees: tensors in arrays and plain objects, nested to any depth. Everything else is a leaf that
// stays as it is.
import { ValueError } from "../tensor/errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkFunction } from "./trace.ts";

type LeafFn = (tensor: Tensor, path: string) => unknown;

/** The same tree with every tensor replaced. `where` is the name that errors bear.
 *  @throws ValueError for a tree that contains itself. */
export function mapTree<T>(tree: T, f: LeafFn, where = "mapTree"): T {
  checkFunction(where, f, "mapTree(tree, (leaf) => square(leaf))");
  /** What the walk is inside of. */
  const parents: unknown[] = [];
  const walk = (node: unknown, path: string): unknown => {
    if (node instanceof Tensor) return f(node, path);
    const isArray = Array.isArray(node);
    if (!isArray && !isPlainObject(node)) return node;
    if (parents.includes(node)) throw cycle(where, path);
    parents.push(node);
    const copy = isArray
      ? node.map((child, i) => walk(child, `${path}[${i}]`))
      : Object.fromEntries(
          Object.entries(node).map(([key, child]) => [
            key,
            walk(child, path === "" ? key : `${path}.${key}`),
          ]),
        );
    parents.pop();
    return copy;
  };
  return walk(tree, "") as T;
}

const cycle = (where: string, path: string) =>
  new ValueError({
    where,
    expected: "a tree of tensors: arrays and objects that do not contain themselves",
    got: `a cycle: ${path} is what it is part of`,
    fix: "Take the reference back out of it.",
  });

/** The tensors of a tree, in order. */
export function leavesOf(tree: unknown, where = "leavesOf"): Tensor[] {
  const leaves: Tensor[] = [];
  mapTree(tree, (leaf) => leaves.push(leaf), where);
  return leaves;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
