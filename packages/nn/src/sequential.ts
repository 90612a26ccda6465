import {
  describeValue,
  OptionError,
  type SeqArgs,
  type SeqFn,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";

/** A module, or any function of a tensor such as `relu`. */
export type Layer = Module | ((x: Tensor) => Tensor);

/**
 * Layers one after another: each is given the output of the one before. A layer that does not fit
 * the one before is a compile-time error.
 *
 * Functions count as layers: of `new Sequential(new Linear(2, 8), relu, new Linear(8, 1))` the
 * parameters are "0.weight", "0.bias", "2.weight" and "2.bias".
 * @throws OptionError for a layer that is neither a module nor a function.
 * @example
 * const model = new Sequential(new Linear(784, 256), relu, new Linear(256, 10));
 * model.forward(zeros([64, 784])); // shape [64, 10]
 */
export class Sequential<const L extends readonly Layer[] = readonly Layer[]> extends Module<
  SeqFn<L>
> {
  readonly layers: L;

  constructor(...layers: SeqArgs<L>) {
    super();
    this.layers = layers as readonly unknown[] as L;
    this.layers.forEach((layer: unknown, i) => {
      const isClass = typeof layer === "function" && layer.prototype instanceof Module;
      if (layer instanceof Module || (typeof layer === "function" && !isClass)) return;
      throw new OptionError({
        where: "Sequential",
        expected: "modules and functions",
        got: isClass
          ? `the class ${layer.name} as layer ${i}`
          : `${describeValue(layer)} as layer ${i}`,
        fix: isClass
          ? `Make a layer of it: new ${layer.name}(…).`
          : "Pass layers one by one, or spread an array of them: new Sequential(...layers).",
      });
    });
  }

  /** The number of layers. */
  get length(): L["length"] {
    return this.layers.length;
  }

  /** A layer; negative numbers count from the back. @throws OptionError where there is none. */
  at<const I extends number>(i: I): `${I}` extends keyof L ? L[`${I}`] : L[number] {
    const layer = this.layers.at(i);
    if (layer !== undefined) return layer as never;
    throw new OptionError({
      where: "Sequential.at",
      expected: `an integer from ${-this.length} to ${this.length - 1}`,
      got: String(i),
      fix: "Layers are counted from 0.",
    });
  }

  [Symbol.iterator](): IterableIterator<L[number]> {
    return this.layers[Symbol.iterator]();
  }

  protected override members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this.layers);
  }

  protected run(x: Tensor): Tensor {
    let y = x;
    for (const layer of this.layers) y = layer instanceof Module ? layer.forward(y) : layer(y);
    return y;
  }
}
