/** Every number that decides how good and how fast a run is when nothing is asked for. */

export const DEFAULTS = {
  steps: 2500,
  layers: 4,
  width: 128,
  heads: 4,
  context: 64,
  batch: 12,
  lr: 2e-3,
  seed: 1,
  /** How many characters the trained model writes at the end. */
  sample: 600,
  temperature: 0.8,
} as const;

/** The share of the text, at its end, that is never trained on. */
export const HELD_OUT = 0.1;
/** Steps over which the learning rate rises, and at most this share of all. */
export const WARMUP = { steps: 100, share: 0.1 } as const;
export const BETAS = [0.9, 0.99] as const;
export const WEIGHT_DECAY = 0.1;
/** A line is left behind, with the mean loss, each time so many steps are done. */
export const REPORT_EVERY = 100;
/** How many windows one forward pass takes when no gradient is needed. */
export const EVALUATION_BATCH = 32;
