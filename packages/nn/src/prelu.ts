import {
  checkOptions,
  full,
  prelu,
  type CreateOptions,
  type PreluLayerFn,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { checkSize } from "./sizes.ts";

export interface PReLUOptions {
  /** What each slope starts as. Default: 0.25. */
  readonly init?: number;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
}

/**
 * x for x > 0, else weight·x with slopes that are learned: one for all, or one for each channel, axis 1
 * of x. `weight` is [numParameters]. Weight decay would pull the slopes towards those of relu.
 * @throws OptionError for a number of parameters that is no positive integer; ShapeError from forward
 *   when it is neither 1 nor the number of channels.
 * @example new Sequential(new Conv2d(3, 16, 3), new PReLU(16))
 */
export class PReLU<const C extends number = 1> extends Module<PreluLayerFn<C>> {
  readonly weight: Tensor<[C]>;

  constructor(numParameters: C = 1 as C, options: PReLUOptions = {}) {
    super();
    checkSize("PReLU", "numParameters", numParameters, "new PReLU() or new PReLU(channels)");
    checkOptions("PReLU", options, ["init", "dtype"]);
    const { init = 0.25, dtype } = options;
    this.weight = parameter(full([numParameters], init, { dtype })) as typeof this.weight;
  }

  protected run(x: Tensor): Tensor {
    return prelu(x, this.weight as Tensor);
  }

  protected override describe(): string {
    return `${this.weight.shape[0]}`;
  }
}
