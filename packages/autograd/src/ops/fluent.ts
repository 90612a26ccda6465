// Attaches the fluent methods that Tensor declares.
import { Tensor } from "../tensor/tensor.ts";
import { relu, sigmoid, tanh } from "./activation.ts";
import { all, any } from "./any-all.ts";
import { argmax, argmin } from "./arg-reduce.ts";
import { abs, div, sqrt, square, sub } from "./arith.ts";
import { copyFrom } from "./assign.ts";
import { cast, clone, detach } from "./cast.ts";
import { matmul } from "./contract.ts";
import { exp, log, pow } from "./exp-log.ts";
import { std, variance } from "./moments.ts";
import { expand, permute, reshape, squeeze, sum, transpose, unsqueeze } from "./move.ts";
import { norm } from "./norm.ts";
import { add, mul, neg } from "./pointwise.ts";
import { prod } from "./prod.ts";
import { median } from "./quantile.ts";
import { logsumexp, max, mean, min } from "./reduce.ts";
import { cumprod, cumsum } from "./scan.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { argsort, sort, topk } from "./sort.ts";

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
const reductions = { prod, logsumexp, variance, std, norm, median, any, all, argmax, argmin };
const lines = { cumsum, cumprod, softmax, logSoftmax, sort, argsort, topk };
const movement = { reshape, permute, transpose, expand, squeeze, unsqueeze, cast, detach, clone };
const effects = {
  copyFrom: (target: Tensor, source: Tensor): void => void copyFrom(target, source),
};
const methods = { ...pointwise, ...alongAxes, ...reductions, ...lines, ...movement, ...effects };

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
