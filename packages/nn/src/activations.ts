// The activation functions as layers, for those who like them as modules. Sequential takes the
// functions themselves just as well.
import {
  celu,
  checkOptions,
  elu,
  gelu,
  glu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softsign,
  tanh,
  type EluOptions,
  type GeluOptions,
  type GluLayerFn,
  type HardtanhOptions,
  type IdFn,
  type LeakyReluOptions,
  type ShapeFn,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";

/** max(x, 0). */
export class ReLU extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return relu(x);
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** ln(1 + eˣ). */
export class Softplus extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return softplus(x);
  }
}

/** x·Φ(x), or an approximation of it. @example new GELU({ approximate: "tanh" }) */
export class GELU extends Module<IdFn> {
  readonly approximate: "none" | "tanh";

  constructor(options: GeluOptions = {}) {
    super();
    checkOptions("GELU", options, ["approximate"]);
    this.approximate = options.approximate ?? "none";
  }

  protected run(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }

  protected override describe(): string {
    return this.approximate === "none" ? "" : `approximate: "${this.approximate}"`;
  }
}

/** scale·elu(x), which keeps activations at mean 0 and variance 1. */
export class SELU extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return selu(x);
  }
}

/** x·σ(x), also known as swish. */
export class SiLU extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x·tanh(softplus(x)). */
export class Mish extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return mish(x);
  }
}

/** x / (1 + |x|). */
export class Softsign extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** ln σ(x), without overflow. */
export class LogSigmoid extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** x/6 + 1/2 limited to [0, 1]. */
export class Hardsigmoid extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** x·hardsigmoid(x). */
export class Hardswish extends Module<IdFn> {
  protected run(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** x for x > 0, else negativeSlope·x. @example new LeakyReLU({ negativeSlope: 0.2 }) */
export class LeakyReLU extends Module<IdFn> {
  readonly negativeSlope: number;

  constructor(options: LeakyReluOptions = {}) {
    super();
    checkOptions("LeakyReLU", options, ["negativeSlope"]);
    this.negativeSlope = options.negativeSlope ?? 0.01;
  }

  protected run(x: Tensor): Tensor {
    return leakyRelu(x, { negativeSlope: this.negativeSlope });
  }

  protected override describe(): string {
    return `negativeSlope: ${this.negativeSlope}`;
  }
}

abstract class WithAlpha extends Module<IdFn> {
  readonly alpha: number;

  constructor(options: EluOptions = {}) {
    super();
    checkOptions(new.target.name, options, ["alpha"]);
    this.alpha = options.alpha ?? 1;
  }

  protected override describe(): string {
    return `alpha: ${this.alpha}`;
  }
}

/** x for x > 0, else alpha·(eˣ − 1). @example new ELU({ alpha: 0.5 }) */
export class ELU extends WithAlpha {
  protected run(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }
}

/** x for x > 0, else alpha·(e^(x/alpha) − 1). @example new CELU({ alpha: 0.5 }) */
export class CELU extends WithAlpha {
  protected run(x: Tensor): Tensor {
    return celu(x, { alpha: this.alpha });
  }
}

/** x limited to [min, max], [−1, 1] by default. @example new Hardtanh({ min: 0, max: 6 }) */
export class Hardtanh extends Module<IdFn> {
  readonly min: number;
  readonly max: number;

  constructor(options: HardtanhOptions = {}) {
    super();
    checkOptions("Hardtanh", options, ["min", "max"]);
    this.min = options.min ?? -1;
    this.max = options.max ?? 1;
  }

  protected run(x: Tensor): Tensor {
    return hardtanh(x, { min: this.min, max: this.max });
  }

  protected override describe(): string {
    return `min: ${this.min}, max: ${this.max}`;
  }
}

export interface AxisOptions<X extends number = number> {
  /** The axis along which the results belong together. Default: -1, the last one. */
  readonly axis?: X;
}

abstract class AlongAxis<F extends ShapeFn = IdFn, X extends number = number> extends Module<F> {
  readonly axis: X;

  constructor(options: AxisOptions<X> = {}) {
    super();
    checkOptions(new.target.name, options, ["axis"]);
    this.axis = options.axis ?? (-1 as X);
  }

  protected override describe(): string {
    return `axis: ${this.axis}`;
  }
}

/** eˣ / Σ eˣ along an axis. @example new Softmax({ axis: 1 }) */
export class Softmax extends AlongAxis {
  protected run(x: Tensor): Tensor {
    return softmax(x, { axis: this.axis });
  }
}

/** The logarithm of softmax, without overflow. @example new LogSoftmax() */
export class LogSoftmax extends AlongAxis {
  protected run(x: Tensor): Tensor {
    return logSoftmax(x, { axis: this.axis });
  }
}

/** softmax of −x along an axis: the smallest weighs most. @example new Softmin() */
export class Softmin extends AlongAxis {
  protected run(x: Tensor): Tensor {
    return softmin(x, { axis: this.axis });
  }
}

/** The first half of an axis times the sigmoid of the second one.
 *  @example new Sequential(new Linear(64, 256), new GLU()).forward(x); // 128 features */
export class GLU<const X extends number = -1> extends AlongAxis<GluLayerFn<X>, X> {
  protected run(x: Tensor): Tensor {
    return glu(x, { axis: this.axis as number });
  }
}
