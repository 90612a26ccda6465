/** The public half of the compile-time shapes; the rest is named by path inside the package. */

export type { Axes, Permute, Reduce, Squeeze, Transpose, Unsqueeze } from "./axes.ts";
export type { Broadcast, BroadcastOut, Expand } from "./broadcast.ts";
export type { Check, Dim, Dims, Dyn, Out, Show } from "./dims.ts";
export type { Gather, OneHot } from "./indexing.ts";
export type { Concat, Stack } from "./join.ts";
export type {
  Apply,
  DynFn,
  FlatFn,
  FN,
  FnOf,
  ForwardOut,
  HasShapeFn,
  IdFn,
  In,
  LinearFn,
  LinearShape,
  SeqArgs,
  SeqFn,
  SeqShape,
  ShapeFn,
} from "./layers.ts";
export type { Matmul } from "./matmul.ts";
export type { Nested, NestedShape } from "./nested.ts";
export type { Flatten, Reshape } from "./reshape.ts";
