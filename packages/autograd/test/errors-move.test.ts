// Movement and indexing: what is refused, and in which words.
import { describe, expect, it } from "vitest";
import * as w from "../src/index.ts";
import { int, loose, table, x23 } from "./errors.support.ts";

const { ones, tensor, zeros } = w;

describe("what is refused", () => {
  const mask = tensor([true, false, true]);
  table([
    [
      "at, an index",
      () => loose.at(x23, 0, 3),
      w.IndexRangeError,
      "at: expected an index from -3 to 2 on axis 1, got 3. Negative indices count from the back.",
    ],
    [
      "at, of an empty axis",
      () => loose.at(zeros([0]), 0),
      w.IndexRangeError,
      "at: expected no index on axis 0 of size 0, got 0.",
    ],
    [
      "at, too many",
      () => loose.at(x23, 0, 0, 0),
      w.ShapeError,
      "at: expected at most 2 indices for [2, 3], got 3 indices. Leave some out",
    ],
    [
      "at, no range",
      () => loose.at(x23, "1"),
      w.OptionError,
      'got "1". To pick by a tensor, use take',
    ],
    [
      "at, a step of 0",
      () => loose.at(x23, "::0"),
      w.OptionError,
      'at: expected integers, ranges such as "1:-1" or "::2", null or "...", got "::0".',
    ],
    [
      "at, half an index",
      () => loose.at(x23, 0.5),
      w.IndexRangeError,
      "at: expected an index from -2 to 1 on axis 0, got 0.5.",
    ],
    [
      "at, two ellipses",
      () => loose.at(x23, "...", "..."),
      w.OptionError,
      'at: expected "..." once, got several.',
    ],
    ["at, a tensor", () => loose.at(x23, int([0])), w.OptionError, "got an object (Tensor)."],
    [
      "flip",
      () => loose.flip(x23, { axis: 2 }),
      w.AxisError,
      "flip: expected an axis from -2 to 1, got axis 2.",
    ],
    [
      "roll",
      () => loose.roll(x23, [1, 2], { axis: 0 }),
      w.OptionError,
      "roll: expected a shift for each of 1 axis, got [1, 2].",
    ],
    [
      "roll, by half",
      () => loose.roll(x23, 0.5),
      w.OptionError,
      "roll: expected shift: an integer, or an array of them, got 0.5.",
    ],
    [
      "tile",
      () => loose.tile(x23, [-1]),
      w.OptionError,
      "tile: expected repeats: an integer >= 0, or an array of them, got [-1].",
    ],
    [
      "repeat",
      () => loose.repeat(x23, [1, 2], { axis: 1 }),
      w.OptionError,
      "repeat: expected a number, or one for each of 3 elements along axis 1, got [1, 2].",
    ],
    [
      "split",
      () => loose.split(x23, [1, 1], { axis: 1 }),
      w.OptionError,
      "split: expected sizes that add up to 3, the size of axis 1 of [2, 3], got [1, 1].",
    ],
    [
      "split, by 0",
      () => loose.split(x23, 0),
      w.OptionError,
      "split: expected size: an integer >= 1, or an array of them, got 0.",
    ],
    [
      "chunk",
      () => loose.chunk(x23, 0),
      w.OptionError,
      "chunk: expected a number of chunks: an integer >= 1, got 0.",
    ],
    [
      "swapaxes",
      () => loose.swapaxes(x23, 0, 2),
      w.AxisError,
      "swapaxes: expected an axis from -2 to 1, got axis 2.",
    ],
    [
      "moveaxis",
      () => loose.moveaxis(x23, [0, 1], 0),
      w.ShapeError,
      "moveaxis: expected as many destinations as sources, got [0, 1] and 0.",
    ],
    [
      "moveaxis, twice",
      () => loose.moveaxis(x23, [0, -2], [0, 1]),
      w.AxisError,
      "moveaxis: expected distinct axes, got [0, -2].",
    ],
    [
      "broadcastTo",
      () => loose.broadcastTo(x23, [2, 1]),
      w.ShapeError,
      "broadcastTo: expected a shape that [2, 3] broadcasts to, got [2, 1].",
    ],
    [
      "broadcastTo, a -1",
      () => loose.broadcastTo(x23, [-1, 3]),
      w.ShapeError,
      "broadcastTo: expected a shape: an array of integers >= 0, got [-1, 3].",
    ],
    [
      "meshgrid",
      () => loose.meshgrid([x23]),
      w.ShapeError,
      "meshgrid: expected an array of tensors of one axis, got shape [2, 3].",
    ],
    [
      "meshgrid, an order",
      () => loose.meshgrid([ones([2])], { indexing: "yx" }),
      w.OptionError,
      'meshgrid: expected indexing: "ij" or "xy", got "yx".',
    ],
    [
      "tril",
      () => loose.tril(ones([2])),
      w.ShapeError,
      "tril: expected a tensor of at least two axes, got shape [2].",
    ],
    [
      "triu",
      () => loose.triu(x23, { diagonal: 0.5 }),
      w.OptionError,
      "triu: expected diagonal: an integer, got 0.5.",
    ],
    [
      "diag",
      () => loose.diag(ones([1, 1, 1])),
      w.ShapeError,
      "diag: expected a vector or a matrix, got shape [1, 1, 1]. For the diagonals of a batch",
    ],
    [
      "diagonal",
      () => loose.diagonal(x23, { axis1: 1, axis2: -1 }),
      w.AxisError,
      "diagonal: expected two different axes, got axis 1 twice.",
    ],
    [
      "trace",
      () => loose.trace(ones([2])),
      w.ShapeError,
      "trace: expected a tensor of at least two axes, got shape [2].",
    ],
    [
      "take",
      () => loose.take(x23, int([6])),
      w.IndexRangeError,
      "take: expected indices from 0 to 5, got 6.",
    ],
    [
      "take, from the back",
      () => loose.take(x23, int([-1]), { axis: 0 }),
      w.IndexRangeError,
      "take: expected indices from 0 to 1, got -1.",
    ],
    [
      "take, by floats",
      () => loose.take(x23, ones([1])),
      w.DTypeError,
      "take: expected an index of dtype int32, got float32.",
    ],
    [
      "indexSelect",
      () => loose.indexSelect(x23, int([3]), { axis: 1 }),
      w.IndexRangeError,
      "indexSelect: expected indices from 0 to 2, got 3.",
    ],
    [
      "indexSelect, a table",
      () => loose.indexSelect(x23, int([[0]]), { axis: 1 }),
      w.ShapeError,
      "indexSelect: expected an index of one axis, got [1, 1]. Use take",
    ],
    [
      "indexSelect, no axis",
      () => loose.indexSelect(x23, int([0])),
      w.AxisError,
      "indexSelect: expected an option axis, got none.",
    ],
    [
      "takeAlongAxis",
      () => loose.takeAlongAxis(x23, int([[3]]), { axis: 1 }),
      w.IndexRangeError,
      "takeAlongAxis: expected indices from 0 to 2, got 3.",
    ],
    [
      "takeAlongAxis, shapes",
      () => loose.takeAlongAxis(x23, int([[0], [0], [0]]), { axis: 1 }),
      w.ShapeError,
      "takeAlongAxis: expected an index that broadcasts with [2, 3] but on axis 1, got [3, 1].",
    ],
    [
      "scatter",
      () => loose.scatter(x23, int([[3]]), 1, { axis: 1 }),
      w.IndexRangeError,
      "scatter: expected indices from 0 to 2, got 3.",
    ],
    [
      "scatter, an index",
      () => loose.scatter(x23, int([0]), 1, { axis: 1 }),
      w.ShapeError,
      "scatter: expected an index of rank 2, no larger than [2, 3] but on axis 1, got [1].",
    ],
    [
      "scatter, a source",
      () => loose.scatter(x23, int([[0]]), ones([2]), { axis: 1 }),
      w.ShapeError,
      "scatter: expected a source of the index's shape [1, 1], or a number, got [2].",
    ],
    [
      "scatter, dtypes",
      () => loose.scatter(x23, int([[0]]), int([[0]]), { axis: 1 }),
      w.DTypeError,
      "scatter: expected operands of one dtype, got float32 and int32.",
    ],
    [
      "maskedFill",
      () => loose.maskedFill(x23, mask, ones([3])),
      w.ShapeError,
      "maskedFill: expected a number or a tensor of shape [] as value, got shape [3].",
    ],
    [
      "maskedFill, by numbers",
      () => loose.maskedFill(x23, ones([3]), 0),
      w.DTypeError,
      "maskedFill: expected bool, got float32.",
    ],
    [
      "maskedSelect",
      () => loose.maskedSelect(x23, tensor([true, false])),
      w.ShapeError,
      "maskedSelect: expected shapes that broadcast",
    ],
  ]);

  const calls: Record<string, (options: unknown) => unknown> = {
    flip: (o) => loose.flip(x23, o),
    roll: (o) => loose.roll(x23, 1, o),
    repeat: (o) => loose.repeat(x23, 1, o),
    split: (o) => loose.split(x23, 1, o),
    chunk: (o) => loose.chunk(x23, 1, o),
    meshgrid: (o) => loose.meshgrid([ones([2])], o),
    tril: (o) => loose.tril(x23, o),
    diag: (o) => loose.diag(x23, o),
    diagonal: (o) => loose.diagonal(x23, o),
    trace: (o) => loose.trace(x23, o),
    take: (o) => loose.take(x23, int([0]), o),
    indexSelect: (o) => loose.indexSelect(x23, int([0]), o),
    takeAlongAxis: (o) => loose.takeAlongAxis(x23, int([[0]]), o),
    scatter: (o) => loose.scatter(x23, int([[0]]), 0, o),
  };

  it.each(Object.entries(calls))("%s, unknown options", (name, call) => {
    expect(() => call({ axes: 0 })).toThrow(w.OptionError);
    expect(() => call({ axes: 0 })).toThrow(new RegExp(`^${name}: expected the options? .*"axes"`));
  });

  const functions = [
    "at",
    "flip",
    "roll",
    "tile",
    "repeat",
    "split",
    "chunk",
    "swapaxes",
    "moveaxis",
  ];
  const others = ["broadcastTo", "tril", "diag", "diagonal", "trace", "take", "maskedFill"];
  it.each([...functions, ...others])("%s of what is no tensor", (name) => {
    expect(() => loose[name]([1, 2], 1, 1)).toThrow(w.ValueError);
    expect(() => loose[name]([1, 2], 1, 1)).toThrow(new RegExp(`^${name}: expected a tensor`));
  });
});
