// The arguments of Fourier transforms: pairs, axes, lengths, norms.
import { requireTensor } from "../op/operands.ts";
import { zerosLike } from "../op/rules.ts";
import { describe } from "../tensor/dtype.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { brief, counted } from "../tensor/words.ts";
import { pad, slice } from "./indexing.ts";

/** Which of the two transforms has the factor 1/n; "ortho" gives both of them 1/√n. */
export type Norm = "backward" | "ortho" | "forward";

export const norms: readonly Norm[] = ["backward", "ortho", "forward"];

/** A complex tensor: its real and imaginary parts, of one shape and dtype. */
export interface ComplexPair {
  readonly re: Tensor;
  readonly im: Tensor;
}

export interface FftOptions {
  /** The axis, or several, each of which is transformed. Default: -1. */
  readonly axis?: number | readonly number[];
  /** The length along the axis, or along each of several: longer input is cut off at the end, shorter
   *  is padded with zeros. Default: what is there (irfft: 2·(m − 1)). */
  readonly n?: number | readonly number[];
  /** The factors: "backward" (default) 1/n for the inverse, "forward" 1/n for the other one, "ortho"
   *  1/√n for both. */
  readonly norm?: Norm;
}

export const scaleOf = (norm: Norm, n: number, inverse: boolean): number => {
  if (norm === "ortho") return 1 / Math.sqrt(n);
  return (norm === "backward") === inverse ? 1 / n : 1;
};

/** How long half a spectrum is: from the mean to the highest frequency, both included. */
export const halfOf = (n: number): number => Math.floor(n / 2) + 1;

interface Request {
  readonly axes: readonly number[];
  readonly lengths: readonly (number | null)[];
  readonly norm: Norm;
}

function requestOf(where: string, rank: number, options: FftOptions): Request {
  checkOptions(where, options, ["axis", "n", "norm"]);
  const { axis = -1, n, norm = "backward" } = options;
  const list: readonly number[] = Array.isArray(axis) ? axis : [axis];
  const axes = list.map((a) => normalizeAxis(where, a, rank));
  const complain = (expected: string, got: string, fix: string) =>
    new OptionError({ where, expected, got, fix });
  if (axes.length === 0 || new Set(axes).size < axes.length) {
    throw complain("distinct axes, at least one", brief(axis), "Name each axis once.");
  }
  if (!norms.includes(norm)) {
    throw complain(
      'norm "backward", "ortho" or "forward"',
      describe(norm),
      'Leave it out for "backward".',
    );
  }
  const lengths: readonly (number | null)[] =
    n === undefined ? axes.map(() => null) : Array.isArray(n) ? n : [n];
  if (lengths.length !== axes.length) {
    throw complain(
      `n of ${counted(axes.length, "entry", "entries")}, one for each axis`,
      brief(n),
      "Write { axis: [-2, -1], n: [8, 8] }.",
    );
  }
  const odd = lengths.find(
    (length) => length !== null && !(Number.isInteger(length) && length > 0),
  );
  if (odd === undefined) return { axes, lengths, norm };
  throw complain("n: an integer >= 1 for each axis", brief(odd), "Leave it out for what is there.");
}

/** x cut off, or padded with zeros, at the end of an axis. */
function resized(x: Tensor, axis: number, n: number): Tensor {
  const size: number = x.shape[axis];
  if (n < size) {
    const all = x.shape.map(() => null) as (null | readonly number[])[];
    return slice(x, all.with(axis, [0, n]));
  }
  if (n === size) return x;
  return pad(
    x,
    x.shape.map((_: number, d: number) => [0, d === axis ? n - size : 0]),
  );
}

function checkLength(where: string, x: Tensor, axis: number): void {
  if (x.shape[axis] > 0) return;
  throw new ShapeError({
    where,
    expected: "at least one element along each transformed axis",
    got: `axis ${axis} of ${showShape(x.shape)}`,
    fix: "Leave empty tensors out, or pad with { n }.",
  });
}

type Attrs = { readonly axis: number; readonly norm: Norm };
type OnPair = (pair: readonly Tensor[], attrs: Attrs) => readonly Tensor[];

function pairOf(where: string, x: Tensor | ComplexPair): readonly Tensor[] {
  if (x instanceof Tensor) return [x, zerosLike(x.layout)];
  if (typeof x === "object" && x !== null && "re" in x && "im" in x) {
    requireTensor(where, x.re);
    requireTensor(where, x.im);
    return [x.re, x.im];
  }
  throw new OptionError({
    where,
    expected: "a real tensor, or a complex one as { re, im }",
    got: describe(x),
    fix: "Write e.g. fft({ re, im }).",
  });
}

const alongAxes = (
  where: string,
  pair: readonly Tensor[],
  { axes, lengths, norm }: Request,
  apply: OnPair,
): readonly Tensor[] =>
  axes.reduce((parts, axis, i) => {
    const n = lengths[i];
    const fitted = n === null ? parts : parts.map((part) => resized(part, axis, n));
    checkLength(where, fitted[0], axis);
    return apply(fitted, { axis, norm });
  }, pair);

/** All but the last axis of a request, and the last one. */
function splitLast({ axes, lengths, norm }: Request) {
  return {
    others: { axes: axes.slice(0, -1), lengths: lengths.slice(0, -1), norm },
    axis: axes.at(-1)!,
    length: lengths.at(-1)!,
  };
}

export const callFft =
  (where: string, apply: OnPair) =>
  (x: Tensor | ComplexPair, options: FftOptions = {}): ComplexPair => {
    const pair = pairOf(where, x);
    const request = requestOf(where, pair[0].rank, options);
    const [re, im] = alongAxes(where, pair, request, apply);
    return { re, im };
  };

export const callRfft =
  (apply: (x: Tensor, attrs: Attrs) => readonly Tensor[], applyOthers: OnPair) =>
  (x: Tensor, options: FftOptions = {}): ComplexPair => {
    requireTensor("rfft", x);
    const request = requestOf("rfft", x.rank, options);
    const { others, axis, length } = splitLast(request);
    const fitted = length === null ? x : resized(x, axis, length);
    checkLength("rfft", fitted, axis);
    const half = apply(fitted, { axis, norm: request.norm });
    const [re, im] = alongAxes("rfft", half, others, applyOthers);
    return { re, im };
  };

export const callIrfft =
  (
    apply: (pair: readonly Tensor[], attrs: Attrs & { readonly n: number }) => Tensor,
    applyOthers: OnPair,
  ) =>
  (x: Tensor | ComplexPair, options: FftOptions = {}): Tensor => {
    const pair = pairOf("irfft", x);
    const request = requestOf("irfft", pair[0].rank, options);
    const { others, axis, length } = splitLast(request);
    checkLength("irfft", pair[0], axis);
    const n = length ?? 2 * (pair[0].shape[axis] - 1);
    if (n === 0) {
      throw new OptionError({
        where: "irfft",
        expected: "n for half a spectrum of one element",
        got: "none, and 2·(1 − 1) is 0",
        fix: "Pass { n: 1 }.",
      });
    }
    const whole = alongAxes("irfft", pair, others, applyOthers);
    const half = whole.map((part) => resized(part, axis, halfOf(n)));
    return apply(half, { axis, norm: request.norm, n });
  };
