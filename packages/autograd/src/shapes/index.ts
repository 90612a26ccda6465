/** The compile-time shapes: all of them, since declarations of other packages may have to name any. */

export type * from "./at.ts";
export type * from "./attention.ts";
export type * from "./axes.ts";
export type * from "./broadcast.ts";
export type * from "./choice.ts";
export type * from "./digits.ts";
export type * from "./dims.ts";
export type * from "./fft.ts";
export type * from "./einsum.ts";
export type * from "./indexing.ts";
export type * from "./join.ts";
export type * from "./layers.ts";
export type * from "./linalg.ts";
export type * from "./matmul.ts";
export type * from "./move.ts";
export type * from "./nested.ts";
export type * from "./reshape.ts";
export type * from "./resize.ts";
export type * from "./spatial.ts";
export type * from "./take.ts";
export type * from "./window.ts";
