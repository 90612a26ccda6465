// Sums of which some terms are known to be 0, and which of them depends on where the result lies.

/** Where the axis with the label `place` is at u, all terms of a summed axis are 0 but those for which
 *  0 ≤ u − start − step · q < count. */
export interface Band {
  readonly place: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The share of the terms that count, over all places: each does so at a range of these. */
export function shareOf({ start, step, count }: Band, size: number, places: number): number {
  let terms = 0;
  for (let q = 0; q < size; q++) {
    const first = start + step * q;
    terms += Math.max(0, Math.min(places, first + count) - Math.max(0, first));
  }
  return places * size === 0 ? 1 : terms / (places * size);
}
