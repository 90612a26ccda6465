/** The fluent forms of reductions, scans and sorts; ops/fluent.ts attaches them. */

import type { AlongAxes, Axes, Reduce } from "../shapes/axes.ts";
import type { TopK } from "../shapes/choice.ts";
import type { Check, Out, Shaped, ShapeOf } from "../shapes/dims.ts";
import type { Of, TensorKind } from "./kind.ts";

type Any<K extends TensorKind> = Of<K, any> & Shaped<any>;

/** x.std({ axis, keepDims }), ...: over one axis, several, or all. */
export interface ReduceMethod<K extends TensorKind, Op extends string, Options = unknown> {
  <A extends Any<K>, const X extends Axes = undefined, const D extends boolean = false>(
    this: A,
    options?: Options & {
      readonly axis?: Check<Reduce<ShapeOf<A>, X, D, Op>, X>;
      readonly keepDims?: D;
    },
  ): Of<K, Out<Reduce<ShapeOf<A>, X, D, Op>>>;
}

/** x.argmax({ axis, keepDims }), ...: over one axis, or over all elements in order. */
export interface ArgReduceMethod<K extends TensorKind, Op extends string> {
  <
    A extends Any<K>,
    const X extends number | undefined = undefined,
    const D extends boolean = false,
  >(
    this: A,
    options?: { readonly axis?: Check<Reduce<ShapeOf<A>, X, D, Op>, X>; readonly keepDims?: D },
  ): Of<K, Out<Reduce<ShapeOf<A>, X, D, Op>>>;
}

/** x.cumsum({ axis }), ...: along one axis, the last by default; the shape stays. */
export interface AlongAxisMethod<K extends TensorKind, Op extends string, Options = unknown> {
  <A extends Any<K>, const X extends number = -1>(
    this: A,
    options?: Options & { readonly axis?: Check<AlongAxes<ShapeOf<A>, X, Op>, X> },
  ): Of<K, ShapeOf<A>>;
}

export interface ReduceMethods<K extends TensorKind> {
  prod: ReduceMethod<K, "prod">;
  logsumexp: ReduceMethod<K, "logsumexp">;
  variance: ReduceMethod<K, "variance", { readonly correction?: number }>;
  std: ReduceMethod<K, "std", { readonly correction?: number }>;
  norm: ReduceMethod<K, "norm", { readonly ord?: number | "fro" }>;
  median: ReduceMethod<K, "median">;
  any: ReduceMethod<K, "any">;
  all: ReduceMethod<K, "all">;
  argmax: ArgReduceMethod<K, "argmax">;
  argmin: ArgReduceMethod<K, "argmin">;
  cumsum: AlongAxisMethod<K, "cumsum">;
  cumprod: AlongAxisMethod<K, "cumprod">;
  softmax: AlongAxisMethod<K, "softmax">;
  logSoftmax: AlongAxisMethod<K, "logSoftmax">;
  sort: AlongAxisMethod<K, "sort", { readonly descending?: boolean }>;
  argsort: AlongAxisMethod<K, "argsort", { readonly descending?: boolean }>;
  topk<A extends Any<K>, const N extends number, const X extends number = -1>(
    this: Check<TopK<ShapeOf<A>, N, X>, A>,
    k: N,
    options?: { readonly axis?: X; readonly largest?: boolean; readonly sorted?: boolean },
  ): {
    readonly values: Of<K, Out<TopK<ShapeOf<A>, N, X>>>;
    readonly indices: Of<K, Out<TopK<ShapeOf<A>, N, X>>>;
  };
}
