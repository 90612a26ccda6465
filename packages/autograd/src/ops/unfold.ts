// Sliding windows as columns of a matrix, as PyTorch's unfold and fold: functions over `window` and
// `overlapAdd`.
import { requireTensor } from "../op/operands.ts";
import type { FoldFn, UnfoldFn } from "../tensor/signatures-windows.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { checkShape, sameShape, showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./move.ts";
import { cropSpatial, padSpatial, sizesOf } from "./spatial.ts";
import { overlapped, planWindowsFirst, windowed } from "./window.ts";

export interface FoldOptions {
  /** How far the window moves, one number or one for each axis. Default: 1. */
  readonly stride?: number | readonly number[];
  /** Zeros on each side. Default: 0. */
  readonly padding?: number | readonly number[];
  /** How far the window's elements lie apart. Default: 1. */
  readonly dilation?: number | readonly number[];
}

/** The sizes of a call as one number for each spatial axis. */
function foldSizes(
  where: string,
  rank: number,
  kernelSize: number | readonly number[],
  options: FoldOptions,
) {
  checkOptions(where, options, ["stride", "padding", "dilation"]);
  const { stride = 1, padding = 0, dilation = 1 } = options;
  return {
    size: sizesOf(where, "kernelSize", kernelSize, 1, rank),
    stride: sizesOf(where, "stride", stride, 1, rank),
    padding: sizesOf(where, "padding", padding, 0, rank),
    dilation: sizesOf(where, "dilation", dilation, 1, rank),
  };
}

/**
 * The sliding windows of [batch, channels, ...spatial] as columns, [batch, channels · window, places]: with
 * a kernel as a matrix [out, channels · window], `matmul(kernel, unfold(x, …))` is a convolution. Any
 * number of spatial axes. Made of `pad`, `window` and `reshape`.
 * @param kernelSize The window's size: one number, or one for each spatial axis.
 * @throws ShapeError where the window is larger than the padded input.
 * @example unfold(zeros([8, 3, 10, 10]), 3); // shape [8, 27, 64]
 */
export const unfold = ((
  x: Tensor,
  kernelSize: number | readonly number[],
  options: FoldOptions = {},
): Tensor => {
  requireTensor("unfold", x);
  checkImages("unfold", x);
  const { padding, ...sliding } = foldSizes("unfold", x.rank - 2, kernelSize, options);
  const padded = padSpatial(x, padding);
  const { windows, places } = planWindowsFirst("unfold", padded.shape, sliding);
  const [batch, channels]: number[] = [x.shape[0], x.shape[1]];
  return reshape(windowed(padded, windows), [
    batch,
    channels * sizeOf(sliding.size),
    sizeOf(places),
  ]);
}) as unknown as UnfoldFn;

/** Images, or whatever has a batch, channels and spatial axes. */
export function checkImages(where: string, x: Tensor): void {
  if (x.rank >= 3) return;
  throw new ShapeError({
    where,
    expected: "a tensor [batch, channels, ...spatial axes]",
    got: showShape(x.shape),
    fix: "Add axes of size 1 for what is missing: unsqueeze(x, 0).",
  });
}

/**
 * The transpose of `unfold`: columns [batch, channels · window, places] of something of this spatial size
 * are added up where they came from, [batch, channels, ...outputSize]. Made of `reshape` and
 * `overlapAdd`.
 * @param outputSize The size along each spatial axis.
 * @throws ShapeError where the columns are not those of such a size.
 * @example fold(zeros([8, 27, 64]), [10, 10], 3); // shape [8, 3, 10, 10]
 */
export const fold = ((
  x: Tensor,
  outputSize: readonly number[],
  kernelSize: number | readonly number[],
  options: FoldOptions = {},
): Tensor => {
  requireTensor("fold", x);
  const rank = checkShape("fold", outputSize).length;
  const { padding, ...sliding } = foldSizes("fold", rank, kernelSize, options);
  const volume = sizeOf(sliding.size);
  const padded = outputSize.map((n, d) => n + 2 * padding[d]);
  const [batch, rows]: number[] = [x.shape[0], x.shape[1]];
  const channels = rows / volume;
  const shape = [batch, Number.isInteger(channels) ? channels : 0, ...padded];
  const { windows, places } = planWindowsFirst("fold", shape, sliding);
  if (!sameShape(x.shape, [batch, shape[1] * volume, sizeOf(places)])) {
    throw new ShapeError({
      where: "fold",
      expected: `columns [batch, channels · ${volume}, ${sizeOf(places)}]`,
      got: showShape(x.shape),
      fix: "Give the size and the options that unfold was given.",
    });
  }
  return cropSpatial(overlapped(reshape(x, windows.shape), { ...windows, shape }), padding);
}) as unknown as FoldFn<FoldOptions>;
