/** Every number that decides how good and how fast a run is when nothing is asked for. */

export const MODELS = ["mlp", "lenet5"] as const;
export type ModelName = (typeof MODELS)[number];

export const OPTIMIZERS = ["sgd", "adam", "adamw"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export const DEFAULTS = {
  model: "mlp" as ModelName,
  hidden: [300] as readonly number[],
  batch: 64,
  optimizer: "adam" as OptimizerName,
  seed: 1,
  limit: 60_000,
} as const;

export const DEFAULT_EPOCHS: Record<ModelName, number> = { mlp: 10, lenet5: 12 };

/** Where the learning rate starts; from there a half cosine takes it to zero. */
export const DEFAULT_LEARNING_RATE: Record<OptimizerName, number> = {
  sgd: 0.05,
  adam: 1e-3,
  adamw: 1e-3,
};

export const SGD_MOMENTUM = 0.9;
export const ADAMW_WEIGHT_DECAY = 1e-2;

/** The mean and the standard deviation of all training pixels, as fractions of 255. */
export const PIXEL_MEAN = 0.1307;
export const PIXEL_DEVIATION = 0.3081;

/** How many images one forward pass takes when no gradient is needed. */
export const EVALUATION_BATCH = 500;
/** How many of the misread test images a report shows. */
export const MISTAKES_SHOWN = 36;
/** How many points the curve of the training loss has at most. */
export const CURVE_POINTS = 500;
