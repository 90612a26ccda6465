/**
 * The learning rate of a step (counted from 0): half a cosine from `peak` to nearly 0, as I.
 * Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without
 * restarts. Over the first `warmup` steps it rises in proportion to the steps.
 */
export function cosineDecay(step: number, steps: number, peak: number, warmup = 0): number {
  const rise = step < warmup ? (step + 1) / warmup : 1;
  return rise * (peak / 2) * (1 + Math.cos((Math.PI * step) / steps));
}
