export { adamUpdate } from "./adam-update.ts";
export { Adam, AdamW, type AdamGroup, type AdamOptions } from "./adam.ts";
export { OptimizerStateError } from "./errors.ts";
export { Optimizer, type OptimizerRule, type ParamGroup, type Params } from "./optimizer.ts";
export { ParameterGroup, type CommonOptions, type State } from "./group.ts";
export { SGD, type SGDGroup, type SGDOptions } from "./sgd.ts";
export { sgdMomentumUpdate, sgdUpdate } from "./sgd-update.ts";
export type { OptimizerState } from "./state.ts";
