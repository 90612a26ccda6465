import { OptionError, zeros } from "@wengert/autograd";
import { adamUpdate } from "./adam-update.ts";
import { checkNonNegative, checkRange } from "./errors.ts";
import type { CommonOptions } from "./group.ts";
import { Optimizer, type OptimizerRule, type ParamGroup, type Params } from "./optimizer.ts";

export interface AdamOptions extends CommonOptions {
  /** How slowly the averages of the gradient and of its square move, in [0, 1).
   *  Default: [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** What is added to the root of the average square, >= 0. Default: 1e-8. */
  readonly eps: number;
  /** >= 0. Adam adds it times the parameters to their gradients (default: 0); AdamW shrinks the
   *  parameters by lr times it (default: 0.01). */
  readonly weightDecay: number;
}

export type AdamGroup = ParamGroup<AdamOptions>;

const ruleOf = (
  name: string,
  weightDecay: number,
  decoupled: boolean,
): OptimizerRule<AdamOptions> => ({
  name,
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay },
  check: ({ betas, eps, weightDecay }) => {
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new OptionError({
        where: name,
        expected: "betas: two numbers in [0, 1)",
        got: String(betas),
        fix: "Pass e.g. { betas: [0.9, 0.999] }.",
      });
    }
    for (const beta of betas) checkRange(name, "betas", beta, "in [0, 1)", (b) => b >= 0 && b < 1);
    checkNonNegative(name, "eps", eps);
    checkNonNegative(name, "weightDecay", weightDecay);
  },
  state: ({ shape, dtype }) => ({
    step: zeros([], { dtype: "float64" }),
    expAvg: zeros(shape, { dtype }),
    expAvgSq: zeros(shape, { dtype }),
  }),
  update: ({ betas: [beta1, beta2], eps, weightDecay }) => {
    const attrs = { beta1, beta2, eps, weightDecay, decoupled };
    return (param, grad, lr, { expAvg, expAvgSq, step }) =>
      adamUpdate(param, grad, lr, expAvg, expAvgSq, step, attrs);
  },
});

const adam = ruleOf("Adam", 0, false);
const adamW = ruleOf("AdamW", 0.01, true);

/**
 * Adam (D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015): the
 * average gradient divided by the root of the average square, both corrected for their start at 0.
 * Weight decay is added to the gradient (L2). As PyTorch's.
 * @throws OptionError for unknown options and values out of range; GradientError for parameters
 *   that are no leaves.
 * @example const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adam, params, options);
  }
}

/**
 * Adam whose weight decay is decoupled from the gradient: p ← (1 − lr · weightDecay) p at each step
 * (I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019). Options are
 * Adam's, with weightDecay 0.01 by default. As PyTorch's.
 * @throws OptionError and GradientError as Adam.
 * @example const optimizer = new AdamW(model.parameters(), { lr: 3e-4, weightDecay: 0.1 });
 */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adamW, params, options);
  }
}
