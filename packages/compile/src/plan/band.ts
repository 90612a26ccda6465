// Sums of which some terms are known to be 0, and which of them depends on where the result lies.

/** Where the axis with the label `place` is at u, all terms of a summed axis are 0 but those for which
 *  0 ≤ u − start − step · q < count. */
export interface Band {
  readonly place: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Which terms of a summed axis count where the other axis is at `u`: from the first to before the last. */
function partAt({ start, step, count }: Band, size: number, u: number): readonly [number, number] {
  const first = Math.floor((u - start - count) / step) + 1;
  const end = Math.floor((u - start) / step) + 1;
  return [Math.max(0, first), Math.min(size, end)];
}

/** The share of the terms that count, over all places. */
export function shareOf(band: Band, size: number, places: number): number {
  let terms = 0;
  for (let u = 0; u < places; u++) {
    const [first, end] = partAt(band, size, u);
    terms += Math.max(0, end - first);
  }
  return places * size === 0 ? 1 : terms / (places * size);
}
