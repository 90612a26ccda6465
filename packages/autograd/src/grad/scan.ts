// scan: a loop over a leading axis, as users call it.
import {
  DTypeError,
  OptionError,
  ShapeError,
  TransformError,
  ValueError,
} from "../tensor/errors.ts";
import { describe } from "../tensor/dtype.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import type { Dims, Out, ShapeOf } from "../shapes/dims.ts";
import type { IsAny, Box } from "../shapes/dims.ts";
import { callScan } from "./scan-op.ts";
import { checkFunction, checkSynchronous } from "./trace.ts";
import { flatten, leavesLike, type FlatTree } from "./tree.ts";

/** What a turn is given of the xs: a tree without its leading axes. */
export type SliceOf<X> =
  Box<X> extends Box<Tensor>
    ? Tensor<WithoutFirst<ShapeOf<X>>>
    : X extends object
      ? { -readonly [K in keyof X]: SliceOf<X[K]> }
      : X;

/** What becomes of the slices that the turns make: a tree with leading axes. */
export type StackOf<Y, N extends number = number> =
  Box<Y> extends Box<Tensor>
    ? Tensor<WithFirst<ShapeOf<Y>, N>>
    : Y extends object
      ? { [K in keyof Y]: StackOf<Y[K], N> }
      : Y;

export type WithoutFirst<S extends Dims> =
  IsAny<S> extends true ? S : S extends readonly [number, ...infer Rest] ? Out<Rest> : S;

export type WithFirst<S extends Dims, N extends number> =
  IsAny<S> extends true ? S : Out<[N, ...S]>;

/** How many slices a tree of tensors with a common leading axis has, where its type says so. */
export type LengthOf<X> =
  Box<X> extends Box<Tensor>
    ? IsAny<ShapeOf<X>> extends true
      ? number
      : ShapeOf<X> extends readonly [infer N extends number, ...Dims]
        ? N
        : number
    : number;

export interface ScanOptions {
  /** How many turns there are. Needed where xs has no tensors; else the size of their axis 0. */
  readonly length?: number;
  /** Whether the last slice comes first. Results are in the order of xs all the same. Default: false. */
  readonly reverse?: boolean;
}

/**
 * Repeats a function along axis 0 of xs: each turn is given the carry of the turn before and a slice
 * of xs, and returns the next carry and a slice of the results.
 *
 *     carry = init
 *     for t = 0 … n − 1:  [carry, ys[t]] = f(carry, xs[t])
 *
 * A plain loop does the same. A scan is one entry on the tape, whose gradient keeps the carries and
 * computes the inside of each turn again, and one loop in a compiled program, which is compiled in the
 * time of a single turn. It has derivatives of any order in both modes, and batches.
 *
 * `f` is written down once, on tensors without values: it may not read them, draw random numbers or
 * assign. What it closes over, such as weights, takes part in gradients. Carries keep their shapes and
 * dtypes. Carry, xs and results may be trees of tensors; xs null and `length` repeat without slices.
 *
 * @returns The last carry, and the results of all turns, stacked along axis 0.
 * @throws ShapeError or DTypeError when a carry changes its form, or the xs differ in length;
 *   TransformError when f reads a value, draws or assigns.
 * @example
 * // A recurrent network: xs [time, batch, inputs], hidden states [time, batch, units].
 * const [last, states] = scan((h, x) => {
 *   const next = tanh(add(matmul(x, wx), matmul(h, wh)));
 *   return [next, next];
 * }, zeros([batch, units]), xs);
 */
export function scan<C, const X, Y>(
  f: (carry: C, x: SliceOf<X>) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: StackOf<Y, LengthOf<X>>] {
  checkFunction("scan", f, "scan((total, x) => [add(total, x), total], init, xs)");
  checkOptions("scan", options, ["length", "reverse"]);
  const reverse = checkBoolean("scan", "reverse", options.reverse ?? false);
  checkCarry(init, "init");
  const carry = flatten(init, "scan");
  const slices = flatten(xs, "scan");
  const length = lengthOf(slices, options.length);
  if (carry.leaves.length + slices.leaves.length === 0) throw nothing();
  let results: FlatTree<Y> | null = null;
  const { carries, ys } = callScan(
    "scan",
    { carries: carry.leaves, xs: slices.leaves, constants: [], length, reverse },
    (carries, parts) => {
      const pair = checkPair(f(carry.build(carries), slices.build(parts) as SliceOf<X>));
      checkCarry(pair[0], "the carry that f returns");
      results = flatten(pair[1] as Y, "scan");
      return [checkNext(carry, pair[0]), results.leaves];
    },
  );
  return [carry.build(carries), results!.build(ys) as StackOf<Y, LengthOf<X>>];
}

/** Numbers would be the same in each turn, whatever f does to them. */
function checkCarry(tree: unknown, whose: string): void {
  if (typeof tree === "number" || typeof tree === "boolean") {
    throw new ValueError({
      where: "scan",
      expected: `${whose} to be made of tensors`,
      got: describe(tree),
      fix: "Make tensors of numbers: tensor(0), or zeros([]).",
    });
  }
  if (tree instanceof Tensor || typeof tree !== "object" || tree === null) return;
  for (const [key, part] of Object.entries(tree)) {
    checkCarry(part, Array.isArray(tree) ? `${whose}[${key}]` : `${whose}.${key}`);
  }
}

function lengthOf({ leaves, paths }: FlatTree, given: number | undefined): number {
  const sizes = leaves.map((x, i) => {
    if (x.rank > 0) return x.layout.shape[0];
    throw new ShapeError({
      where: "scan",
      expected: "xs with an axis 0 to go along",
      got: `a tensor of shape []${paths[i] && ` at ${paths[i]}`}`,
      fix: "Close over what is the same in each turn.",
    });
  });
  if (given !== undefined && !(Number.isInteger(given) && given >= 0)) {
    throw new OptionError({
      where: "scan",
      expected: "length: an integer >= 0",
      got: brief(given),
      fix: "Write e.g. { length: 10 }.",
    });
  }
  const all = given === undefined ? sizes : [given, ...sizes];
  if (all.length > 0 && all.every((size) => size === all[0])) return all[0];
  if (all.length === 0) {
    throw new OptionError({
      where: "scan",
      expected: "xs with tensors, or a length",
      got: "neither",
      fix: "Write scan(f, init, null, { length: 10 }).",
    });
  }
  throw new ShapeError({
    where: "scan",
    expected: given === undefined ? "xs of one length" : `xs of length ${given}, as options say`,
    got: `lengths ${sizes.join(", ")}`,
    fix: "Slices are taken along axis 0: move the axis of time to the front.",
  });
}

const nothing = () =>
  new ValueError({
    where: "scan",
    expected: "a tensor in init or in xs",
    got: "none",
    fix: "A loop without tensors needs no scan.",
  });

function checkPair(result: unknown): readonly [unknown, unknown] {
  checkSynchronous("scan", result);
  if (Array.isArray(result) && result.length === 2) return result as [unknown, unknown];
  throw new TransformError({
    where: "scan",
    expected: "a function that returns [carry, y]",
    got: `one that returns ${result instanceof Tensor ? "a tensor" : describe(result)}`,
    fix: "Return [carry, null] where there is nothing to stack.",
  });
}

/** The next carry must be what the one before was. */
function checkNext(carry: FlatTree, next: unknown): Tensor[] {
  const leaves = leavesLike(carry, next, "scan", "a carry");
  leaves.forEach((leaf, i) => {
    const { shape, dtype } = carry.leaves[i].layout;
    const place = carry.paths[i] && ` at ${carry.paths[i]}`;
    if (!(leaf instanceof Tensor)) {
      throw new ValueError({
        where: "scan",
        expected: "a function that returns [carry, y] with a tensor as carry",
        got: describe(leaf),
        fix: "Return the tensor of the next turn.",
      });
    }
    if (leaf.dtype !== dtype) {
      throw new DTypeError({
        where: "scan",
        expected: `a carry${place} that stays ${dtype}`,
        got: leaf.dtype,
        fix: `Cast it, or make init ${leaf.dtype}.`,
      });
    }
    if (sameShape(leaf.layout.shape, shape)) return;
    throw new ShapeError({
      where: "scan",
      expected: `a carry${place} that keeps its shape ${showShape(shape)}`,
      got: showShape(leaf.layout.shape),
      fix: "Expand init to the shape that the turns make.",
    });
  });
  return leaves;
}
