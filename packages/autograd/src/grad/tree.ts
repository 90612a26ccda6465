// Trees: tensors in arrays and plain objects, nested to any depth. Everything else is a leaf that
// stays as it is.
import { describe } from "../tensor/dtype.ts";
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

/** A tree as a list of its tensors, and the way back from such a list to the same form. */
export interface FlatTree<T = unknown> {
  readonly leaves: readonly Tensor[];
  /** Where each leaf is in the tree, such as "layers[0].w"; empty for a tensor alone. */
  readonly paths: readonly string[];
  /** The tree with other things in the places of the tensors. */
  readonly build: (values: readonly unknown[]) => T;
}

export function flatten<T>(tree: T, where: string): FlatTree<T> {
  const leaves: Tensor[] = [];
  const paths: string[] = [];
  mapTree(
    tree,
    (leaf, path) => {
      leaves.push(leaf);
      paths.push(path);
    },
    where,
  );
  const build = (values: readonly unknown[]): T => {
    let next = 0;
    return mapTree(tree, () => values[next++], where);
  };
  return { leaves, paths, build };
}

/** The leaves of a tree that must have the form of another one, such as cotangents. `where` and `what`
 *  say whose it is. @throws ValueError for another form. */
export function leavesLike(like: FlatTree, tree: unknown, where: string, what: string): Tensor[] {
  // In the place of a tensor alone, whoever checks tensors says more.
  if (like.paths.length === 1 && like.paths[0] === "") return [tree as Tensor];
  const { leaves, paths } = flatten(tree, where);
  const same = paths.length === like.paths.length && paths.every((p, i) => p === like.paths[i]);
  if (same) return [...leaves];
  const show = (list: readonly string[]) =>
    list.length === 0 ? "no tensor" : list.map((path) => path || "one tensor").join(", ");
  throw new ValueError({
    where,
    expected: `${what} of the same form: ${show(like.paths)}`,
    got: leaves.length > 0 ? show(paths) : describe(tree),
    fix: "Make it with mapTree, e.g. mapTree(tree, (x) => ones(x.shape)).",
  });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
