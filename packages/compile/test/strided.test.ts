import { expect, it } from "vitest";
import { normalAxes } from "../src/codegen/strided.ts";

it("drops dims of extent 1 and joins what all arrays walk as one", () => {
  const contiguous = [24, 8, 2, 1];
  expect(normalAxes([5, 3, 4, 2], [contiguous])).toEqual([{ size: 120, strides: [1] }]);
  // The second array repeats along the first dim, so that one stays apart.
  expect(normalAxes([5, 3, 4, 2], [contiguous, [0, 8, 2, 1]])).toEqual([
    { size: 5, strides: [24, 0] },
    { size: 24, strides: [1, 1] },
  ]);
  expect(normalAxes([7, 1, 3], [[3, 100, 1]])).toEqual([{ size: 21, strides: [1] }]);
  expect(normalAxes([7, 3], [[-3, -1]])).toEqual([{ size: 21, strides: [-1] }]);
  expect(normalAxes([3, 7], [[0, 0]])).toEqual([{ size: 21, strides: [0] }]);
  expect(normalAxes([3, 7], [[3, 1]])).toEqual([
    { size: 3, strides: [3] },
    { size: 7, strides: [1] },
  ]);
  expect(normalAxes([1, 1], [[5, 6]])).toEqual([]);
});
