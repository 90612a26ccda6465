// Attention, composed of ops: its derivatives of any order are theirs.
import { requireTensor } from "../op/operands.ts";
import type { AttentionFn } from "../tensor/signatures.ts";
import { arange } from "../tensor/create.ts";
import { isFloat } from "../tensor/dtype.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { ge, where } from "./compare.ts";
import { matmul } from "./contract.ts";
import { transpose, unsqueeze } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { softmax } from "./softmax.ts";

export interface AttentionOptions {
  /** Whether a query sees only keys at its own place and before. Default: false. */
  readonly causal?: boolean;
  /** Which keys a query sees (bool), or what is added to the scores (float); broadcasts to
   *  [..., queries, keys]. Default: none. */
  readonly mask?: Tensor;
  /** What the scores are multiplied with. Default: 1/√features. */
  readonly scale?: number;
}

/**
 * softmax(q·kᵀ·scale)·v: each query's mean of the values, weighted by how well their keys fit
 * (A. Vaswani et al., "Attention is all you need", 2017, eq. 1). Queries are [..., T, D], keys
 * [..., S, D] and values [..., S, E]. A query that sees no key gets 0.
 *
 * @throws ShapeError when features or the numbers of keys and values differ.
 * @example scaledDotProductAttention(q, k, v, { causal: true })
 */
export const scaledDotProductAttention = ((
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor => {
  checkOptions("scaledDotProductAttention", options, ["causal", "mask", "scale"]);
  for (const x of [q, k, v]) requireTensor("scaledDotProductAttention", x);
  checkShapes(q, k, v);
  const { causal = false, mask, scale = 1 / Math.sqrt(Math.max(1, q.shape.at(-1)!)) } = options;
  checkBoolean("scaledDotProductAttention", "causal", causal);
  if (mask !== undefined) requireTensor("scaledDotProductAttention (mask)", mask);
  if (typeof scale !== "number" || !Number.isFinite(scale)) {
    throw new OptionError({
      where: "scaledDotProductAttention",
      expected: "scale: a number",
      got: brief(scale),
      fix: "Leave it out for 1/√features.",
    });
  }
  let scores: Tensor = matmul(mul(q, scale), transpose(k));
  if (mask) scores = isFloat(mask.dtype) ? add(scores, mask) : where(mask, scores, -Infinity);
  if (causal) scores = where(lowerTriangle(q.shape.at(-2)!, k.shape.at(-2)!), scores, -Infinity);
  return matmul(softmax(scores), v);
}) as AttentionFn<AttentionOptions>;

/** Query i sees the keys 0 … i. */
const lowerTriangle = (queries: number, keys: number): Tensor =>
  ge(unsqueeze(arange(queries, { dtype: "int32" }), 1), arange(keys, { dtype: "int32" }));

function checkShapes(q: Tensor, k: Tensor, v: Tensor): void {
  const fits =
    [q, k, v].every((x) => x.rank >= 2) &&
    q.shape.at(-1) === k.shape.at(-1) &&
    k.shape.at(-2) === v.shape.at(-2);
  if (fits) return;
  throw new ShapeError({
    where: "scaledDotProductAttention",
    expected: "queries [..., T, D], keys [..., S, D] and values [..., S, E]",
    got: [q, k, v].map((x) => showShape(x.shape)).join(", "),
    fix: "Keys have the features of queries; there are as many values as keys.",
  });
}
