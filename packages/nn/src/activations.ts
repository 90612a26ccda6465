// The activation functions as layers, for those who like them as modules. Sequential takes the
// functions themselves just as well.
import {
  checkOptions,
  gelu,
  logSoftmax,
  relu,
  sigmoid,
  softmax,
  softplus,
  tanh,
  type GeluOptions,
  type IdFn,
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

export interface AxisOptions {
  /** The axis along which the results belong together. Default: -1, the last one. */
  readonly axis?: number;
}

abstract class AlongAxis extends Module<IdFn> {
  readonly axis: number;

  constructor(options: AxisOptions = {}) {
    super();
    checkOptions(new.target.name, options, ["axis"]);
    this.axis = options.axis ?? -1;
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
