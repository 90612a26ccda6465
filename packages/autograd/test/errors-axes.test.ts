import { describe } from "vitest";
import * as w from "@wengert/autograd";
import { int, loose, table, x23 } from "./errors.support.ts";
import {
  AxisError,
  IndexRangeError,
  OptionError,
  ones,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";

describe("axes and indices", () => {
  table([
    [
      "sum",
      () => loose.sum(x23, { axis: 2 }),
      AxisError,
      "sum: expected an axis from -2 to 1, got axis 2. Axes count from 0 at the front and from -1",
    ],
    [
      "mean",
      () => loose.mean(x23, { axis: -3 }),
      AxisError,
      "mean: expected an axis from -2 to 1, got axis -3.",
    ],
    ["prod", () => loose.prod(x23, { axis: 0.5 }), AxisError, "got axis 0.5."],
    [
      "sum of a scalar",
      () => loose.sum(tensor(1), { axis: 0 }),
      AxisError,
      "sum: expected no axis for a 0-d tensor, got axis 0.",
    ],
    [
      "sum by a string",
      () => loose.sum(x23, { axis: "rows" }),
      AxisError,
      'sum: expected an axis from -2 to 1, got the string "rows".',
    ],
    [
      "sum, repeated",
      () => loose.sum(x23, { axis: [0, -2] }),
      AxisError,
      "sum: expected distinct axes, got axis 0 twice in [0, -2]. Name each axis once.",
    ],
    [
      "max, repeated",
      () => loose.max(x23, { axis: [1, 1] }),
      AxisError,
      "got axis 1 twice in [1, 1].",
    ],
    [
      "logsumexp",
      () => loose.logsumexp(x23, { axis: [0, 5] }),
      AxisError,
      "logsumexp: expected an axis from -2 to 1, got axis 5.",
    ],
    ["argmax", () => loose.argmax(x23, { axis: 2 }), AxisError, "argmax: expected an axis"],
    ["softmax", () => loose.softmax(x23, { axis: 2 }), AxisError, "softmax: expected an axis"],
    [
      "softmax of a scalar",
      () => loose.softmax(tensor(1)),
      AxisError,
      "softmax: expected no axis for a 0-d tensor, got axis -1.",
    ],
    ["cumsum", () => loose.cumsum(x23, { axis: 2 }), AxisError, "cumsum: expected an axis"],
    ["concat", () => loose.concat([x23], { axis: 2 }), AxisError, "concat: expected an axis"],
    [
      "stack",
      () => loose.stack([x23], { axis: 3 }),
      AxisError,
      "stack: expected an axis from -3 to 2, got axis 3.",
    ],
    [
      "unsqueeze",
      () => loose.unsqueeze(x23, 3),
      AxisError,
      "unsqueeze: expected an axis from -3 to 2",
    ],
    ["transpose", () => loose.transpose(x23, 0, 2), AxisError, "transpose: expected an axis"],
    ["permute", () => loose.permute(x23, [0, 2]), AxisError, "permute: expected an axis"],
    [
      "permute, repeated",
      () => loose.permute(x23, [0, 0]),
      ShapeError,
      "permute: expected each axis of [2, 3] once, got [0, 0]. To swap two axes, use",
    ],
    ["permute, too few", () => loose.permute(x23, [0]), ShapeError, "got [0]."],
    [
      "permute by a number",
      () => loose.permute(x23, 1),
      AxisError,
      "permute: expected an array of axes, got the number 1. Write e.g. permute(x, [1, 0]).",
    ],
    [
      "gather",
      () => loose.gather(x23, int([[0]]), { axis: 2 }),
      AxisError,
      "gather: expected an axis",
    ],
    [
      "gather without an axis",
      () => loose.gather(x23, int([[0]]), {}),
      AxisError,
      "gather: expected an option axis, got none. Write { axis: 0 }",
    ],
    [
      "linearRecurrence without an axis",
      () => loose.linearRecurrence(x23, x23, {}),
      AxisError,
      "linearRecurrence: expected an option axis, got none.",
    ],
    [
      "vmap",
      () => w.vmap((x: Tensor) => x, { inAxes: 2 })(x23),
      AxisError,
      "vmap: expected an axis from -2 to 1",
    ],
    [
      "gather, out of range",
      () => loose.gather(x23, int([[2]]), { axis: 0 }),
      IndexRangeError,
      "gather: expected indices from 0 to 1, got 2. Check the indices",
    ],
    [
      "scatterAdd, negative",
      () => loose.scatterAdd(x23, int([[-1]]), ones([1, 1]), { axis: 1 }),
      IndexRangeError,
      "scatterAdd: expected indices from 0 to 2, got -1.",
    ],
    [
      "crossEntropy",
      () => loose.crossEntropy(x23, int([0, 3])),
      IndexRangeError,
      "expected indices from 0 to 2, got 3.",
    ],
    [
      "slice",
      () => loose.slice(x23, [2]),
      IndexRangeError,
      "slice: expected an index from -2 to 1 on axis 0, got 2. Negative indices count from",
    ],
    [
      "slice of none",
      () => loose.slice(zeros([0]), [0]),
      IndexRangeError,
      "slice: expected no index on axis 0 of size 0, got 0.",
    ],
    [
      "slice by a step of 0",
      () => loose.slice(x23, [[0, 1, 0]]),
      OptionError,
      "slice: expected [start, stop, step] of integers on axis 0, with a step that is not 0, got [0,1,0].",
    ],
    ["slice by fractions", () => loose.slice(x23, [null, [0.5]]), OptionError, "on axis 1"],
    ["slice by an object", () => loose.slice(x23, [{ start: 1 }]), OptionError, 'got {"start":1}.'],
    [
      "pad",
      () => loose.pad(x23, [[1, 1]]),
      OptionError,
      "pad: expected [before, after] for each axis of [2, 3], integers >= 0, got [[1, 1]].",
    ],
    [
      "pad, negative",
      () => loose.pad(ones([1]), [[-1, 0]]),
      OptionError,
      "Write [0, 0] for axes that stay; to cut, use slice.",
    ],
  ]);
});
