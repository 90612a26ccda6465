// Attaches the fluent methods that Tensor declares.
import { Tensor } from "../tensor/tensor.ts";
import { relu, sigmoid, tanh } from "./activation.ts";
import { all, any } from "./any-all.ts";
import { argmax, argmin } from "./arg-reduce.ts";
import { abs, div, fmod, maximum, minimum, remainder, sign, sqrt, square, sub } from "./arith.ts";
import { broadcastTo, chunk, flip, moveaxis, roll, split, swapaxes, tile } from "./arrange.ts";
import { copyFrom } from "./assign.ts";
import { at } from "./at.ts";
import { cast, clone, detach } from "./cast.ts";
import { isFinite, isInf, isNaN } from "./classify.ts";
import { matmul } from "./contract.ts";
import { exp, exp2, expm1, log, log10, log1p, log2, pow } from "./exp-log.ts";
import { cosh, sinh } from "./hyperbolic.ts";
import { lerp } from "./lerp.ts";
import { diagonal, trace, tril, triu } from "./diagonal.ts";
import { maskedFill } from "./mask.ts";
import { std, variance } from "./moments.ts";
import { expand, permute, reshape, squeeze, sum, transpose, unsqueeze } from "./move.ts";
import { norm } from "./norm.ts";
import { atan2, hypot } from "./plane.ts";
import { add, mul, neg } from "./pointwise.ts";
import { prod } from "./prod.ts";
import { median } from "./quantile.ts";
import { logsumexp, max, mean, min } from "./reduce.ts";
import { reciprocal, rsqrt } from "./roots.ts";
import { ceil, floor, round, trunc } from "./rounding.ts";
import { cumprod, cumsum } from "./scan.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { argsort, sort, topk } from "./sort.ts";
import { acos, asin, atan, cos, sin, tan } from "./trig.ts";
import { take } from "./take.ts";

const arithmetic = { add, sub, mul, div, pow, neg, abs, sign, square, sqrt, rsqrt, reciprocal };
const exponential = { exp, exp2, expm1, log, log2, log10, log1p, tanh, sigmoid, relu };
const trigonometric = { sin, cos, tan, asin, acos, atan, sinh, cosh, atan2, hypot };
const whole = { floor, ceil, round, trunc, remainder, fmod, isNaN, isInf, isFinite };
const chosen = { maximum, minimum, lerp };
const alongAxes = { sum, mean, max, min, matmul };
const reductions = { prod, logsumexp, variance, std, norm, median, any, all, argmax, argmin };
const lines = { cumsum, cumprod, softmax, logSoftmax, sort, argsort, topk };
const movement = { reshape, permute, transpose, expand, squeeze, unsqueeze, cast, detach, clone };
const arrangement = {
  at,
  flip,
  roll,
  tile,
  split,
  chunk,
  swapaxes,
  moveaxis,
  broadcastTo,
  tril,
  triu,
  diagonal,
  trace,
  take,
  maskedFill,
};
const effects = {
  copyFrom: (target: Tensor, source: Tensor): void => void copyFrom(target, source),
};
const pointwise = { ...arithmetic, ...exponential, ...trigonometric, ...whole, ...chosen };
const methods = {
  ...pointwise,
  ...alongAxes,
  ...reductions,
  ...lines,
  ...movement,
  ...arrangement,
  ...effects,
};

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
