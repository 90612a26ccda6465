// Sums of which some terms are known to be 0, and which of them depends on where the result lies: the gradient of a
// convolution reads a padded array, and near the edges little but padding.
import { isSymbolic } from "../../size/scope.ts";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import { shareOf, type Band } from "../../plan/band.ts";
import { sizeOf, type Axis } from "./axes.ts";

/** A summed axis, which is the outermost one, of which each panel needs a part. */
export interface PanelBand extends Band {
  readonly axis: Axis;
  /** The axis of panels on which the part depends, by its number. */
  readonly panelAxis: number;
  /** Terms of the sum for one index of the axis. */
  readonly inner: number;
  /** The mean of the parts, of the whole. */
  readonly share: number;
}

/** The part of the sum that a panel needs. */
export interface Part {
  /** Indices of the axis before it. */
  readonly skip: Local;
  /** Terms of the sum. */
  readonly length: Local;
}

/** The band that saves most. */
export function panelBand(k: readonly Axis[], panelAxes: readonly Axis[]): PanelBand | null {
  const bands = k.flatMap((axis): PanelBand[] => {
    const { band } = axis;
    const panelAxis = panelAxes.findIndex(
      ({ label }) => label !== undefined && label === band?.place,
    );
    if (!band || panelAxis < 0) return [];
    const places = panelAxes[panelAxis].size;
    if ([axis.size, places, band.start, band.count].some(isSymbolic)) return [];
    const inner = sizeOf(k) / axis.size;
    return [{ ...band, axis, panelAxis, inner, share: shareOf(band, axis.size, places) }];
  });
  return bands.reduce<PanelBand | null>(
    (best, band) => (band.share < (best?.share ?? 1) ? band : best),
    null,
  );
}

/** Which part that is where the place is (null: 0): `partAt` of plan/band.ts as code. */
export function emitPart(f: FunctionBuilder, band: PanelBand, place: Local | null): Part {
  const { start, step, count, axis, inner } = band;
  // ⌊(u − before) / step⌋ + 1, or 0 if that is less; at most the whole axis.
  const bound = (before: number): Local => {
    const from = f.i32(step - before);
    if (place) from.get(place).op("i32.add");
    const above = f.keep("i32");
    f.get(above).i32(0).get(above).i32(0).op("i32.gt_s", "select");
    const quotient = (step === 1 ? f : f.i32(step).op("i32.div_u")).keep("i32");
    f.get(quotient).i32(axis.size).get(quotient).i32(axis.size).op("i32.lt_u", "select");
    return f.keep("i32");
  };
  const skip = bound(start + count);
  const end = bound(start);
  f.get(end).get(skip).op("i32.sub").i32(inner).op("i32.mul");
  return { skip, length: f.keep("i32") };
}
