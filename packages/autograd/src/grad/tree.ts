// Trees: tensors in arrays and plain objects, nested to any depth. Everything else is a leaf that
// stays as it is.
import { Tensor } from "../tensor/tensor.ts";

/** The same tree with every tensor replaced. */
export function mapTree<T>(tree: T, f: (tensor: Tensor, path: string) => unknown, path = ""): T {
  if (tree instanceof Tensor) return f(tree, path) as T;
  if (Array.isArray(tree)) {
    return tree.map((child, i) => mapTree(child, f, `${path}[${i}]`)) as T;
  }
  if (isPlainObject(tree)) {
    const entries = Object.entries(tree).map(([key, child]) => [
      key,
      mapTree(child, f, path === "" ? key : `${path}.${key}`),
    ]);
    return Object.fromEntries(entries) as T;
  }
  return tree;
}

/** The tensors of a tree, in order. */
export function leavesOf(tree: unknown): Tensor[] {
  const leaves: Tensor[] = [];
  mapTree(tree, (leaf) => leaves.push(leaf));
  return leaves;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
