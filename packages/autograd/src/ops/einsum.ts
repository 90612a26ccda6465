// Sums of products by an equation: functions over `contract`, which they ask for two operands at a time.
import { checkOperands, requireTensor } from "../op/operands.ts";
import type { EinsumFn, InnerFn, OuterFn, TensordotFn } from "../tensor/signatures-einsum.ts";
import { describe } from "../tensor/dtype.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief, counted } from "../tensor/words.ts";
import { contract } from "./contract.ts";
import { diagonalAlong } from "./diagonal.ts";
import { permute, reshape, sum } from "./move.ts";
import { mul } from "./pointwise.ts";
import { contractionOrder, type Sizes } from "./einsum-order.ts";

/** A value on the way: the label of each of its axes (a letter, or a number under "..."), its shape,
 *  and how it is computed from the operands. */
interface Term {
  readonly labels: readonly string[];
  readonly shape: Shape;
  readonly value: Einsum;
}

type Einsum = (operands: readonly Tensor[]) => Tensor;

/** What follows from an equation and the operands' shapes is worked out once. */
const known = new Map<string, Einsum>();

/**
 * Sums of products by an equation, as everywhere: each operand's axes have letters, letters that the
 * output lacks are summed over. A letter that stands twice at one operand is its diagonal; "..." are
 * axes that broadcast, aligned at the last; without "->" the output is "..." and the letters that stand
 * once, in alphabetical order. Axes of size 1 broadcast. Where the output lacks "..." its axes are
 * summed over, as in PyTorch. Any number of operands: up to five are multiplied in the order of the
 * fewest multiplications, more of them in a greedy one. Made of `contract`, `sum`, `permute` and
 * `diagonal`; of `mul` where nothing is summed over.
 *
 * @throws OptionError for an equation that is none, or is for other operands; ShapeError for axes of one
 *   letter whose sizes do not broadcast; DTypeError for booleans and mixed dtypes.
 * @example einsum("bhqd,bhkd->bhqk", q, k); // scores of attention
 * @example einsum("ii", x); // the trace
 */
export const einsum = ((equation: string, ...operands: Tensor[]): Tensor => {
  if (typeof equation !== "string") throw misread("an equation", equation, example);
  for (const x of operands) requireTensor("einsum", x);
  const shapes = operands.map((x): Shape => x.shape);
  const key = `${equation} ${shapes.map(showShape).join("")}`;
  let run = known.get(key);
  if (run === undefined) {
    run = plan(equation, shapes);
    // Ever new shapes must not grow the cache without end.
    if (known.size >= 256) known.clear();
    known.set(key, run);
  }
  checkOperands(
    "einsum",
    operands.map((x) => x.layout),
    "number",
  );
  return run(operands);
}) as unknown as EinsumFn;

function plan(equation: string, shapes: readonly Shape[]): Einsum {
  const { inputs, output } = parse(equation, shapes.length);
  const labels = labelsOf(inputs, shapes);
  const out = outputLabels(inputs, output, labels);
  const sizes = sizesOf(shapes, labels, equation);
  const terms = shapes.map((shape, i) => {
    const operand: Term = { labels: labels[i], shape, value: (operands) => operands[i] };
    return withoutOnes(takeDiagonals(operand), sizes);
  });
  return multiply(terms, out, sizes);
}

// ---- reading the equation ----

const misread = (expected: string, got: unknown, fix: string) =>
  new OptionError({
    where: "einsum",
    expected,
    got: typeof got === "string" ? JSON.stringify(got) : describe(got),
    fix,
  });

const example = 'Write e.g. "ij,jk->ik"; "..." stands for any axes.';

/** A term as letters, with null for "...". */
type Letters = readonly (string | null)[];

function parse(equation: string, count: number) {
  if (count === 0) throw misread("an equation and tensors", "no tensors", example);
  const [left, right, ...others] = equation.replaceAll(/\s/g, "").split("->");
  if (others.length > 0) throw misread('"->" once', equation, example);
  const readTerm = (term: string): Letters => {
    const isValid = /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term);
    if (!isValid) throw misread('letters, and "..." at most once in a term', equation, example);
    return (term.match(/\.\.\.|[A-Za-z]/g) ?? []).map((part) => (part === "..." ? null : part));
  };
  const inputs = left.split(",").map(readTerm);
  if (inputs.length !== count) {
    const terms = counted(inputs.length, "term");
    throw misread(
      `a term for each of ${counted(count, "operand")}`,
      `${equation} of ${terms}`,
      example,
    );
  }
  return { inputs, output: right === undefined ? null : readTerm(right) };
}

/** The labels of each operand's axes: letters; under "..." numbers that count from the last axis. */
function labelsOf(inputs: readonly Letters[], shapes: readonly Shape[]): string[][] {
  return inputs.map((letters, i) => {
    const known = letters.filter((letter) => letter !== null).length;
    const rest = shapes[i].length - known;
    if (letters.includes(null) ? rest >= 0 : rest === 0) {
      return letters.flatMap((letter) => (letter === null ? dots(rest) : [letter]));
    }
    throw new ShapeError({
      where: "einsum",
      expected: `${letters.includes(null) ? "at least " : ""}${counted(known, "axis", "axes")} of operand ${i}, as its term says`,
      got: showShape(shapes[i]),
      fix: 'Give each axis a letter, or write "..." for those that are left.',
    });
  });
}

const dots = (count: number): string[] => Array.from({ length: count }, (_, d) => `${count - d}`);

const isDot = (label: string): boolean => label <= "9";

function outputLabels(
  inputs: readonly Letters[],
  output: Letters | null,
  labels: readonly string[][],
): string[] {
  const most = Math.max(...labels.map((list) => list.filter(isDot).length));
  if (output === null) {
    const all = inputs.flat();
    const once = all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter));
    const letters = once.filter((letter) => letter !== null).toSorted();
    return [...dots(most), ...letters];
  }
  const known = new Set(inputs.flat());
  const odd = output.find((letter, i) => {
    const isTwice = output.indexOf(letter) < i;
    return isTwice || (letter !== null && !known.has(letter));
  });
  if (odd === undefined) {
    return output.flatMap((letter) => (letter === null ? dots(most) : [letter]));
  }
  throw misread(
    "an output of letters that stand in an operand, each once",
    `${odd ?? "..."} in ${output.map((letter) => letter ?? "...").join("")}`,
    "What is repeated in the output would be a diagonal; make it with diag.",
  );
}

/** The size of each label; a size of 1 gives way to another. */
function sizesOf(shapes: readonly Shape[], labels: readonly string[][], equation: string): Sizes {
  const sizes = new Map<string, number>();
  shapes.forEach((shape, i) => {
    labels[i].forEach((label, d) => {
      const [old, size]: number[] = [sizes.get(label) ?? 1, shape[d]];
      const isRepeated = labels[i].indexOf(label) < d;
      const own = shape[labels[i].indexOf(label)];
      if ((old === size || old === 1 || size === 1) && (!isRepeated || own === size)) {
        sizes.set(label, old === 1 ? size : old);
        return;
      }
      throw new ShapeError({
        where: "einsum",
        expected: `one size for ${isDot(label) ? '"..."' : label} in "${equation}"`,
        got: `${isRepeated ? own : old} and ${size} in ${shapes.map(showShape).join(", ")}`,
        fix: "Transpose or slice one of them; only sizes of 1 broadcast, between operands.",
      });
    });
  });
  return sizes;
}

// ---- computing it ----

/** Each label once: repeated ones are the diagonal. */
function takeDiagonals(term: Term): Term {
  const { labels, shape, value } = term;
  const second = labels.findIndex((label, d) => labels.indexOf(label) < d);
  if (second < 0) return term;
  const first = labels.indexOf(labels[second]);
  const isLeft = (_: unknown, d: number) => d !== first && d !== second;
  return takeDiagonals({
    labels: [...labels.filter(isLeft), labels[second]],
    shape: [...shape.filter(isLeft), shape[second]],
    value: (operands) => diagonalAlong(value(operands), 0, first, second),
  });
}

/** Without the axes of size 1 that broadcast against larger ones. */
function withoutOnes(term: Term, sizes: Sizes): Term {
  const kept = term.labels.flatMap((label, d) => (term.shape[d] === sizes.get(label) ? [d] : []));
  if (kept.length === term.labels.length) return term;
  const shape = kept.map((d) => term.shape[d]);
  return {
    labels: kept.map((d) => term.labels[d]),
    shape,
    value: (operands) => reshape(term.value(operands), shape),
  };
}

/** Sums over the labels that neither the output nor another operand has. */
function sumAlone(term: Term, needed: ReadonlySet<string>): Term {
  const axis = term.labels.flatMap((label, d) => (needed.has(label) ? [] : [d]));
  if (axis.length === 0) return term;
  return {
    labels: term.labels.filter((label) => needed.has(label)),
    shape: term.shape.filter((_, d) => !axis.includes(d)),
    value: (operands) => sum(term.value(operands), { axis }),
  };
}

/** The same value with its axes in the order of the labels, and axes of size 1 for those it lacks. */
function aligned({ labels, shape, value }: Term, to: readonly string[]): Einsum {
  const present = to.filter((label) => labels.includes(label));
  const order = present.map((label) => labels.indexOf(label));
  const isSorted = order.every((from, d) => from === d);
  const wide = to.map((label) => (labels.includes(label) ? shape[labels.indexOf(label)] : 1));
  return (operands) => {
    const x = value(operands);
    const sorted = isSorted ? x : permute(x, order);
    return wide.length === shape.length ? sorted : reshape(sorted, wide);
  };
}

/** The product of two, summed over the labels that the result lacks. */
function product(a: Term, b: Term, labels: readonly string[], sizes: Sizes): Term {
  const both = [...new Set([...a.labels, ...b.labels])];
  const shape = labels.map((label) => sizes.get(label)!);
  if (both.length === labels.length) {
    const [left, right] = [aligned(a, labels), aligned(b, labels)];
    return { labels, shape, value: (operands) => mul(left(operands), right(operands)) };
  }
  const numbers = (list: readonly string[]) => list.map((label) => both.indexOf(label));
  const how = { a: numbers(a.labels), b: numbers(b.labels), out: numbers(labels) };
  return {
    labels,
    shape,
    value: (operands) => contract(a.value(operands), b.value(operands), how),
  };
}

function multiply(terms: readonly Term[], out: readonly string[], sizes: Sizes): Einsum {
  const rest = terms.map((term, i) => {
    const others = terms.flatMap(({ labels }, j) => (j === i ? [] : labels));
    return sumAlone(term, new Set([...others, ...out]));
  });
  const order = contractionOrder(
    rest.map(({ labels }) => labels),
    out,
    sizes,
  );
  for (const [i, j] of order) {
    const [b] = rest.splice(j, 1);
    const [a] = rest.splice(i, 1);
    const needed = new Set([...rest.flatMap(({ labels }) => labels), ...out]);
    const both = [...new Set([...a.labels, ...b.labels])];
    const labels = rest.length === 0 ? out : both.filter((label) => needed.has(label));
    rest.push(product(a, b, labels, sizes));
  }
  return aligned(rest[0], out);
}

// ---- products of two ----

/**
 * The products of each element of a vector with each of another: out[i, j] = a[i]·b[j]. Made of
 * `contract`.
 * @throws ShapeError for anything but vectors.
 * @example outer(tensor([1, 2]), tensor([3, 4])); // [[3, 4], [6, 8]]
 */
export const outer = ((a: Tensor, b: Tensor): Tensor => {
  requireTensor("outer", a);
  requireTensor("outer", b);
  if (a.rank === 1 && b.rank === 1) return contract(a, b, { a: [0], b: [1], out: [0, 1] });
  throw new ShapeError({
    where: "outer",
    expected: "two vectors",
    got: `${showShape(a.shape)} and ${showShape(b.shape)}`,
    fix: "Reshape them to [-1], or use tensordot(a, b, { axes: 0 }).",
  });
}) as unknown as OuterFn;

/**
 * The sums of products over the last axes of both, [..., k] and [...′, k] → [..., ...′]: of vectors the
 * dot product. Made of `contract`.
 * @throws ShapeError for scalars and for last axes that differ.
 * @example inner(tensor([1, 2]), tensor([3, 4])); // 11
 */
export const inner = ((a: Tensor, b: Tensor): Tensor => {
  requireTensor("inner", a);
  requireTensor("inner", b);
  if (a.rank > 0 && b.rank > 0 && a.shape.at(-1) === b.shape.at(-1)) {
    return contractAlong(a, b, [a.rank - 1], [b.rank - 1]);
  }
  throw new ShapeError({
    where: "inner",
    expected: "last axes of one size",
    got: `${showShape(a.shape)} and ${showShape(b.shape)}`,
    fix: "For a matrix product, use matmul; for scalars, mul.",
  });
}) as unknown as InnerFn;

export interface TensordotOptions {
  /** So many of a's last and b's first axes, or the axes of each. Default: 2. */
  readonly axes?: number | readonly [number | readonly number[], number | readonly number[]];
}

/**
 * The sums of products over axes of both: those that are left, a's first. Made of `contract`.
 * @throws ShapeError for axes that differ in size; OptionError for lists of different lengths.
 * @example tensordot(zeros([2, 3, 4]), zeros([4, 3, 5]), { axes: [[1, 2], [1, 0]] }); // shape [2, 5]
 */
export const tensordot = ((a: Tensor, b: Tensor, options: TensordotOptions = {}): Tensor => {
  requireTensor("tensordot", a);
  requireTensor("tensordot", b);
  checkOptions("tensordot", options, ["axes"]);
  const [left, right] = summedAxes(a, b, options.axes ?? 2);
  if (left.every((axis, i) => a.shape[axis] === b.shape[right[i]])) {
    return contractAlong(a, b, left, right);
  }
  throw new ShapeError({
    where: "tensordot",
    expected: "axes of the same sizes",
    got: `axes ${showShape(left)} of ${showShape(a.shape)} and ${showShape(right)} of ${showShape(b.shape)}`,
    fix: "Name the axes that belong together: { axes: [[…], […]] }.",
  });
}) as unknown as TensordotFn;

function summedAxes(a: Tensor, b: Tensor, axes: NonNullable<TensordotOptions["axes"]>) {
  const complain = () =>
    new OptionError({
      where: "tensordot",
      expected: "axes: a number of axes that both have, or two lists of as many distinct axes",
      got: `${brief(axes)} for ${showShape(a.shape)} and ${showShape(b.shape)}`,
      fix: "Write e.g. { axes: 1 } or { axes: [[1, 2], [0, 1]] }.",
    });
  if (typeof axes === "number") {
    const isCount = Number.isInteger(axes) && axes >= 0 && axes <= Math.min(a.rank, b.rank);
    if (!isCount) throw complain();
    const first = Array.from({ length: axes }, (_, d) => d);
    return [first.map((d) => a.rank - axes + d), first];
  }
  if (!Array.isArray(axes) || axes.length !== 2) throw complain();
  const lists = axes.map((list: number | readonly number[], i) =>
    (typeof list === "number" ? [list] : list).map((axis) =>
      normalizeAxis("tensordot", axis, [a, b][i].rank),
    ),
  );
  const isDistinct = lists.every((list) => new Set(list).size === list.length);
  if (lists[0].length !== lists[1].length || !isDistinct) throw complain();
  return lists;
}

function contractAlong(a: Tensor, b: Tensor, left: readonly number[], right: readonly number[]) {
  const aLabels = [...a.shape.keys()];
  const bLabels = b.shape.map((_: number, d: number) =>
    right.includes(d) ? left[right.indexOf(d)] : a.rank + d,
  );
  const out = [...aLabels, ...bLabels].filter(
    (label) => !(aLabels.includes(label) && bLabels.includes(label)),
  );
  return contract(a, b, { a: aLabels, b: bLabels, out });
}
