/** Attention: queries [..., T, D], keys [..., S, D], values [..., S, E]. */

import type { BroadcastOr } from "./broadcast.ts";
import type { Dims, Dyn, IsUnknown, MayEqual, Show, ShowDim } from "./dims.ts";

export type NeedsMatrices<S extends Dims> =
  `scaledDotProductAttention: needs [..., length, features], got ${Show<S>}`;

export type AttentionClash<
  P extends Dims,
  Q extends Dims,
> = `scaledDotProductAttention: batch dimensions ${Show<P>} and ${Show<Q>} do not broadcast`;

/** The scores [..., T, S] of queries and keys. */
export type AttentionScores<Q extends Dims, K extends Dims> = true extends
  IsUnknown<Q> | IsUnknown<K>
  ? Dyn
  : Q extends readonly [...infer BatchQ extends Dims, infer T extends number, infer D]
    ? K extends readonly [...infer BatchK extends Dims, infer S extends number, infer DK]
      ? MayEqual<D, DK> extends true
        ? BroadcastOr<BatchQ, BatchK, AttentionClash<BatchQ, BatchK>, [T, S]>
        : `scaledDotProductAttention: features of queries and keys differ: ${ShowDim<D>} vs ${ShowDim<DK>}`
      : NeedsMatrices<K>
    : NeedsMatrices<Q>;

export type Mix<Scores extends Dims, V extends Dims> = Scores extends readonly [
  ...infer Batch extends Dims,
  infer T extends number,
  infer S,
]
  ? V extends readonly [...infer BatchV extends Dims, infer SV, infer E extends number]
    ? MayEqual<S, SV> extends true
      ? BroadcastOr<Batch, BatchV, AttentionClash<Batch, BatchV>, [T, E]>
      : `scaledDotProductAttention: ${ShowDim<S>} keys, but ${ShowDim<SV>} values`
    : NeedsMatrices<V>
  : Dyn;

/** Shape function of attention; what is wrong with the keys is not reported again. */
export type Attention<Q extends Dims, K extends Dims, V extends Dims> =
  AttentionScores<Q, K> extends infer Scores
    ? Scores extends Dims
      ? true extends IsUnknown<Scores> | IsUnknown<V>
        ? Dyn
        : Mix<Scores, V>
      : Dyn
    : never;
