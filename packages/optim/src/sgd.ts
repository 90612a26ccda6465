import { OptionError, zeros } from "@wengert/autograd";
import { checkNonNegative } from "./errors.ts";
import type { CommonOptions, State } from "./group.ts";
import { Optimizer, type OptimizerRule, type ParamGroup, type Params } from "./optimizer.ts";
import { sgdMomentumUpdate, sgdUpdate } from "./sgd-update.ts";

export interface SGDOptions extends CommonOptions {
  /** How much of the last step's direction is kept, >= 0. Default: 0. */
  readonly momentum: number;
  /** Whether to look ahead along the momentum, which must then be > 0. Default: false. */
  readonly nesterov: boolean;
  /** The factor of the parameters that is added to their gradients, >= 0. Default: 0. */
  readonly weightDecay: number;
}

export type SGDGroup = ParamGroup<SGDOptions>;

const rule: OptimizerRule<SGDOptions> = {
  name: "SGD",
  defaults: { lr: 1e-3, momentum: 0, nesterov: false, weightDecay: 0 },
  check: ({ momentum, nesterov, weightDecay }) => {
    checkNonNegative("SGD", "momentum", momentum);
    checkNonNegative("SGD", "weightDecay", weightDecay);
    if (typeof nesterov === "boolean" && (!nesterov || momentum > 0)) return;
    throw new OptionError({
      where: "SGD",
      expected: "nesterov true (with momentum > 0) or false",
      got: `nesterov ${String(nesterov)} and momentum ${momentum}`,
      fix: "Pass e.g. { momentum: 0.9, nesterov: true }.",
    });
  },
  state: ({ shape, dtype }, { momentum }): State =>
    momentum === 0 ? {} : { momentumBuffer: zeros(shape, { dtype }) },
  update: ({ momentum, nesterov, weightDecay }) => {
    if (momentum === 0) {
      const attrs = { weightDecay };
      return (param, grad, lr) => sgdUpdate(param, grad, lr, attrs);
    }
    const attrs = { weightDecay, momentum, nesterov };
    return (param, grad, lr, { momentumBuffer }) =>
      sgdMomentumUpdate(param, grad, lr, momentumBuffer, attrs);
  },
};

/**
 * Stochastic gradient descent: p ← p − lr · d, where d is the gradient g + weightDecay · p, or with
 * momentum the buffer b ← momentum · b + d (with nesterov: d + momentum · b). As PyTorch's, without
 * dampening.
 * @throws OptionError for unknown options and values out of range; GradientError for parameters
 *   that are no leaves.
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * optimizer.zeroGrad();
 * loss(x).backward();
 * optimizer.step();
 * @example
 * new SGD([{ params: encoder, lr: 1e-3 }, { params: head, weightDecay: 1e-4 }], { lr: 0.1 });
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(rule, params, options);
  }
}
