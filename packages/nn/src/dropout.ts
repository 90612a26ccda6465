import {
  checkOptions,
  describeValue,
  ge,
  mul,
  OptionError,
  uniform,
  where,
  type Generator,
  type IdFn,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";

export interface DropoutOptions {
  /** Where the masks come from. Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
}

/**
 * In training, sets each element to 0 with probability p and multiplies the others by 1/(1 − p), so
 * that the expected value stays; after `eval()` it changes nothing. The same seed gives the same
 * masks. Inside of vmap all examples share one mask.
 * (N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR
 * 15, 2014.)
 * @param p A number in [0, 1]. Default: 0.5.
 * @throws OptionError for p out of its range, and for unknown options.
 * @example new Sequential(new Linear(784, 256), relu, new Dropout(0.2), new Linear(256, 10));
 */
export class Dropout extends Module<IdFn> {
  readonly p: number;
  readonly #generator: Generator | undefined;

  constructor(p = 0.5, options: DropoutOptions = {}) {
    super();
    checkOptions("Dropout", options, ["generator"]);
    if (!(typeof p === "number" && p >= 0 && p <= 1)) {
      throw new OptionError({
        where: "Dropout",
        expected: "p: a probability in [0, 1]",
        got: typeof p === "number" ? String(p) : describeValue(p),
        fix: "Pass the share of elements to drop, e.g. new Dropout(0.2).",
      });
    }
    this.p = p;
    this.#generator = options.generator;
  }

  protected run(x: Tensor): Tensor {
    const { p } = this;
    if (!this.training || p === 0) return x;
    const { shape, dtype } = x;
    const chance = uniform(shape, { generator: this.#generator, dtype });
    if (p === 1) return where(ge(chance, 1), x, 0);
    // where, not a product with a mask: what is dropped is 0 even if it was infinite or NaN.
    return mul(where(ge(chance, p), x, 0), 1 / (1 - p));
  }

  protected override describe(): string {
    return String(this.p);
  }
}
