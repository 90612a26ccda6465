// What a check is, and what all of them need.
import type { SampleArray } from "../../op/samples.ts";
import { tensor } from "../../tensor/create.ts";
import { isFloat, type DType } from "../../tensor/dtype.ts";
import { sameShape, showElement, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Fn } from "../diagnose.ts";
import { GradcheckInputError } from "../errors.ts";
import { errorOf, type Judge } from "../judge.ts";
import type { Subject, SubjectSample } from "../subject.ts";
import type { Slope } from "../taylor.ts";

export interface Check {
  /** What it is chosen by. */
  readonly name: string;
  /** The head of a narrow column. */
  readonly label: string;
  /** What it holds against what. */
  readonly title: string;
  /** Which share of the runs it takes; some cost much and need few. Default: 1. */
  readonly share?: number;
  /** Whether its errors are those of float32. */
  readonly isSingle?: boolean;
  /** Whether it wants sizes of 0 and 1. */
  readonly prefersEdges?: boolean;
  /** Why it has nothing to say about a subject; null where it has. */
  readonly skips: (subject: Subject) => string | null;
  /** Throws for what is wrong; returns false for a sample that it has nothing to say about. */
  readonly run: (subject: Subject, sample: SubjectSample, measure: Measure) => boolean | void;
}

/** Thrown where only a sample tells that a check has nothing to say about a subject. */
export class Skip extends Error {}

/** A value that is not what it should be. */
export class Difference extends Error {}

/** What a check has found besides being content. */
export class Measure {
  comparisons = 0;
  /** The largest |got − wanted| / (1 + |wanted|). */
  worstError = 0;
  /** The least slope of a Taylor remainder. */
  slope: Slope | null = null;

  add(error: number): void {
    this.comparisons++;
    if (error > this.worstError) this.worstError = error;
  }

  take(judge: Judge): void {
    this.comparisons += judge.comparisons;
    this.worstError = Math.max(this.worstError, judge.worst);
  }

  addSlope(slope: Slope): void {
    this.comparisons++;
    const least = this.slope;
    if (least === null || least === "exact") this.slope = slope;
    else if (slope !== "exact") this.slope = Math.min(least, slope);
  }
}

export const always = (): null => null;

export const whereDifferentiable = (subject: Subject): string | null =>
  subject.isDifferentiable ? null : "not differentiable";

type FloatType = "float32" | "float64";

export const instantiate = ({ shape, data, dtype }: SampleArray, float: FloatType): Tensor =>
  tensor(data, { dtype: dtype === "float" ? float : dtype }).reshape(shape);

export const instantiateAll = (sample: SubjectSample, float: FloatType = "float64"): Tensor[] =>
  sample.inputs.map((array) => instantiate(array, float));

export const precision: Record<DType, number> = { float64: 1e-9, float32: 1e-5, int32: 0, bool: 0 };

/** Close: within `tolerance` absolutely and relatively; NaN and infinities must agree. */
export function expectClose(
  measure: Measure,
  what: string,
  got: Tensor,
  expected: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  tolerance: number,
): void {
  if (!sameShape(got.shape, expected.shape)) {
    throw new Difference(
      `${what}: expected shape ${showShape(expected.shape)}, got ${showShape(got.shape)}`,
    );
  }
  got.data.forEach((value, i) => {
    const wanted = expected.data[i];
    // Written so that NaN fails.
    if (value === wanted || Object.is(value, wanted)) measure.add(0);
    else if (Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted))) {
      measure.add(errorOf(value, wanted));
    } else {
      const place = got.rank === 0 ? "" : ` as element ${showElement(i, got.shape)}`;
      throw new Difference(`${what}: expected ${wanted}${place}, got ${value}`);
    }
  });
}

/** The subject as a function of its floating-point inputs, for each floating-point output. */
export function functionsOf(
  subject: Subject,
  sample: SubjectSample,
  float: FloatType = "float64",
): { readonly fs: readonly Fn[]; readonly xs: readonly Tensor[] } {
  const all = instantiateAll(sample, float);
  const places = all.flatMap((x, i) => (isFloat(x.dtype) && subject.hasGradient(i) ? [i] : []));
  if (places.length === 0) return { fs: [], xs: [] };
  const outputs = subject.call(all, sample);
  const fs = outputs.flatMap((y, k): Fn[] => {
    if (y.dtype !== float) {
      if (subject.op === null) throw otherFloat(subject.name, y.dtype, float);
      return [];
    }
    return [
      (...xs) => {
        const inputs = all.map((x, i) => (places.includes(i) ? xs[places.indexOf(i)] : x));
        return subject.call(inputs, sample)[k];
      },
    ];
  });
  return { fs, xs: places.map((i) => all[i]) };
}

const otherFloat = (where: string, got: DType, wanted: FloatType) =>
  new GradcheckInputError({
    where,
    expected: `a function that returns ${wanted} for ${wanted} inputs`,
    got: isFloat(got) ? got : `${got}, which has no derivatives`,
    fix: "Keep the inputs' dtype: create constants with { dtype: x.dtype }, and leave casts out.",
  });
