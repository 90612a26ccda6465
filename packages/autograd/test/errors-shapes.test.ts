// Shapes that do not fit: the class of the error, and that its message names who found it, what was
// expected, what came and what to do.
import { describe } from "vitest";
import * as w from "@wengert/autograd";
import { int, loose, table, x23 } from "./errors.support.ts";
import { OptionError, ones, ShapeError, tensor, zeros, type Tensor } from "@wengert/autograd";

describe("shapes", () => {
  table([
    [
      "add",
      () => loose.add(x23, ones([2])),
      ShapeError,
      "add: expected shapes that broadcast (aligned at the right, sizes equal or 1), got [2, 3] and [2]. Sizes 3 and 2 differ; reshape or unsqueeze one of them.",
    ],
    [
      "where",
      () => loose.where(tensor([true, false]), x23, 0),
      ShapeError,
      "where: expected shapes that broadcast",
    ],
    [
      "matmul",
      () => loose.matmul(x23, x23),
      ShapeError,
      "matmul: expected inner dimensions that agree, [..., m, k] and [..., k, n], got 3 and 2 in [2, 3] and [2, 3]. Transpose one",
    ],
    [
      "matmul of scalars",
      () => loose.matmul(tensor(1), x23),
      ShapeError,
      "matmul: expected operands of at least one axis, got [] and [2, 3]. Use mul for a scalar.",
    ],
    [
      "matmul of batches",
      () => loose.matmul(ones([2, 1, 1]), ones([3, 1, 1])),
      ShapeError,
      "matmul: expected batch dimensions that broadcast, got [2] and [3] in [2, 1, 1] and [3, 1, 1].",
    ],
    [
      "contract",
      () => loose.contract(x23, x23, { a: [0, 1], b: [1, 0], out: [0] }),
      ShapeError,
      "contract: expected labels that fit the axes",
    ],
    [
      "contract, one alone",
      () => loose.contract(x23, x23, { a: [0, 1], b: [0, 2], out: [2] }),
      ShapeError,
      "1 is alone",
    ],
    [
      "reshape",
      () => loose.reshape(x23, [4]),
      ShapeError,
      "reshape: expected a shape of 6 elements, as [2, 3] has, got [4]. It has 4 elements; write -1",
    ],
    [
      "reshape by -1 twice",
      () => loose.reshape(x23, [-1, -1]),
      ShapeError,
      "Only one size may be -1.",
    ],
    [
      "reshape by -1 of no whole",
      () => loose.reshape(x23, [4, -1]),
      ShapeError,
      "6 is not divisible by 4.",
    ],
    [
      "reshape by -1 beside 0",
      () => loose.reshape(zeros([0]), [0, -1]),
      ShapeError,
      "-1 is ambiguous beside a size of 0",
    ],
    [
      "reshape by a fraction",
      () => loose.reshape(x23, [1.5, 4]),
      ShapeError,
      "Sizes are integers >= 0, or one -1 for the rest.",
    ],
    [
      "reshape by a number",
      () => loose.reshape(x23, 6),
      ShapeError,
      "reshape: expected a shape: an array of integers >= 0, got 6.",
    ],
    [
      "expand",
      () => loose.expand(x23, [3, 3]),
      ShapeError,
      "expand: expected a shape that [2, 3] broadcasts to, got [3, 3]. Only axes of size 1",
    ],
    [
      "expand to fewer axes",
      () => loose.expand(x23, [3]),
      ShapeError,
      "expand: expected a shape that [2, 3] broadcasts to, got [3].",
    ],
    [
      "expand by -1 for a new axis",
      () => loose.expand(x23, [-1, 2, 3]),
      ShapeError,
      "got [-1, 2, 3].",
    ],
    [
      "expand by a number",
      () => loose.expand(x23, 6),
      ShapeError,
      "expand: expected a shape: an array",
    ],
    [
      "flatten",
      () => loose.flatten(tensor(1)),
      ShapeError,
      "flatten: expected a tensor of at least one axis, got shape [].",
    ],
    [
      "transpose",
      () => loose.transpose(ones([2])),
      ShapeError,
      "transpose: expected a tensor of at least two axes, got shape [2]. Add one first",
    ],
    [
      "squeeze",
      () => loose.squeeze(x23, { axis: 0 }),
      ShapeError,
      "squeeze: expected axes of size 1, got axis 0 of size 2 in [2, 3].",
    ],
    [
      "concat",
      () => loose.concat([x23, ones([2, 2])]),
      ShapeError,
      "concat: expected tensors that agree with [2, 3] but on axis 0, got [2, 2].",
    ],
    ["concat of ranks", () => loose.concat([x23, ones([3])]), ShapeError, "got [3]."],
    [
      "concat of none",
      () => loose.concat([]),
      ShapeError,
      "concat: expected an array of at least one tensor, got an empty array. Write concat([a, b]",
    ],
    [
      "concat of numbers",
      () => loose.concat([1, 2]),
      ShapeError,
      "concat: expected an array of at least one tensor, got the number 1 in it.",
    ],
    [
      "concat without an array",
      () => loose.concat(x23, x23),
      OptionError,
      "concat: expected an object of options (axis)",
    ],
    [
      "stack",
      () => loose.stack([x23, ones([3, 2])]),
      ShapeError,
      "stack: expected tensors of one shape, [2, 3], got [3, 2].",
    ],
    [
      "gather",
      () => loose.gather(x23, int([0]), { axis: 0 }),
      ShapeError,
      "gather: expected an index of rank 2, no larger than [2, 3] but on axis 0, got [1]. Give the index",
    ],
    [
      "gather, too large",
      () => loose.gather(x23, int([[0, 0, 0, 0]]), { axis: 0 }),
      ShapeError,
      "got [1, 4].",
    ],
    [
      "scatterAdd",
      () => loose.scatterAdd(x23, int([[0]]), ones([2, 1]), { axis: 0 }),
      ShapeError,
      "scatterAdd: expected a source of the index's shape [1, 1], got [2, 1].",
    ],
    [
      "linearRecurrence",
      () => loose.linearRecurrence(ones([3]), ones([4]), { axis: 0 }),
      ShapeError,
      "linearRecurrence: expected factors and terms of one shape, got [3] and [4].",
    ],
    [
      "mse",
      () => loose.mse(x23, ones([3])),
      ShapeError,
      "mse: expected a target of the prediction's shape [2, 3], got [3].",
    ],
    [
      "crossEntropy",
      () => loose.crossEntropy(x23, int([0, 1, 2])),
      ShapeError,
      "crossEntropy: expected logits [..., classes] and int32 targets [2] or float targets [2, 3], got logits [2, 3], int32 targets [3].",
    ],
    [
      "crossEntropy of a scalar",
      () => loose.crossEntropy(tensor(1), tensor(1)),
      ShapeError,
      "got logits [], float32 targets [].",
    ],
    [
      "max of none",
      () => loose.max(zeros([2, 0]), { axis: 1 }),
      ShapeError,
      "max: expected at least one element to choose from, got shape [2, 0].",
    ],
    [
      "argmax of none",
      () => loose.argmax(zeros([0])),
      ShapeError,
      "argmax: expected at least one element",
    ],
    [
      "copyFrom",
      () => x23.copyFrom(ones([3])),
      ShapeError,
      "copyFrom: expected a value of the target's shape [2, 3], got [3].",
    ],
    [
      "copyFrom to repeated elements",
      () => w.expand(tensor([1]), [2]).copyFrom(ones([2])),
      ShapeError,
      "copyFrom: expected a target whose elements have memory of their own, got shape [2] with repeated elements",
    ],
    [
      "slice",
      () => loose.slice(x23, [0, 0, 0]),
      ShapeError,
      "slice: expected an array of at most 2 ranges for [2, 3], got 3 ranges.",
    ],
    [
      "vmap sizes",
      () => w.vmap((a: Tensor, b: Tensor) => w.add(a, b as never))(x23, ones([3, 3])),
      ShapeError,
      "vmap: expected batch axes of one size, got sizes 2, 3.",
    ],
    [
      "vmap of nothing",
      () => w.vmap((a: number) => a)(1),
      ShapeError,
      "got no batch axis at all. Name the batch axis",
    ],
  ]);
});
