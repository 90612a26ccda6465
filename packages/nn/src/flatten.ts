import { flatten, type FlatFn, type Tensor } from "@wengert/autograd";
import { Module } from "./module.ts";

/** Joins all axes but the first: [64, 28, 28] → [64, 784]. It is `flatten` as a layer. */
export class Flatten extends Module<FlatFn> {
  protected run(x: Tensor): Tensor {
    return flatten(x);
  }
}
