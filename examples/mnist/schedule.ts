/** The learning rate of a step (counted from 0): half a cosine from `peak` to nearly 0. */
export function cosineDecay(step: number, steps: number, peak: number): number {
  return (peak / 2) * (1 + Math.cos((Math.PI * step) / steps));
}
