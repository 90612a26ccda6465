// What a scalar expression is. The types stand apart from the algebra's functions, which are exported as one
// namespace: bundled declarations of a namespace must hold values alone.
import type { DType } from "../tensor/dtype.ts";
import type { Primitive } from "./primitives.ts";

export type Expr =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "cast"; readonly dtype: DType; readonly args: readonly [Expr] }
  | { readonly kind: "call"; readonly fn: Primitive; readonly args: readonly Expr[] };

/** A number stands for a constant of its neighbours' dtype. */
export type ExprLike = Expr | number;
