// Attaches the fluent methods that Tensor declares.
import { Tensor } from "../tensor/tensor.ts";
import { relu, sigmoid, tanh } from "./activation.ts";
import { abs, div, sqrt, square, sub } from "./arith.ts";
import { copyFrom } from "./assign.ts";
import { cast, clone, detach } from "./cast.ts";
import { matmul } from "./contract.ts";
import { exp, log, pow } from "./exp-log.ts";
import { expand, permute, reshape, squeeze, sum, transpose, unsqueeze } from "./move.ts";
import { add, mul, neg } from "./pointwise.ts";
import { max, mean, min } from "./reduce.ts";

const pointwise = {
  add,
  sub,
  mul,
  div,
  pow,
  neg,
  abs,
  square,
  sqrt,
  exp,
  log,
  tanh,
  sigmoid,
  relu,
};
const alongAxes = { sum, mean, max, min, matmul };
const movement = { reshape, permute, transpose, expand, squeeze, unsqueeze, cast, detach, clone };
const effects = {
  copyFrom: (target: Tensor, source: Tensor): void => void copyFrom(target, source),
};
const methods = { ...pointwise, ...alongAxes, ...movement, ...effects };

for (const [name, op] of Object.entries(methods)) {
  const call = op as (...args: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Tensor, ...args: unknown[]) {
      return call(this, ...args);
    },
  });
}
