// Convolution (cross-correlation, as everywhere in machine learning): a contraction of a sliding
// window with the weight. Its derivatives are contractions as well, and windows added up.
import type { ContractKernel } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { bind } from "../op/bind.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { BatchRule, Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { reals, type Draw, type Sample } from "../op/samples.ts";
import type { Size2 } from "../shapes/window.ts";
import type { Conv2dFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { bilinearJvp, contract } from "./contract.ts";
import { expand, permute, reshape } from "./move.ts";
import { pairOf, type Pair } from "./pairs.ts";
import {
  cropPlane,
  overlapped,
  padPlane,
  windowed,
  windowPlaces,
  type WindowAttrs,
} from "./window.ts";

export interface Conv2dOptions {
  /** How far the kernel moves. Default: 1. */
  readonly stride?: Size2;
  /** Zeros on each side. Default: 0. */
  readonly padding?: Size2;
  /** How far the kernel's elements lie apart. Default: 1. */
  readonly dilation?: Size2;
  /** Input and output channels fall into so many groups that know nothing of each other. Default: 1. */
  readonly groups?: number;
}

type ConvAttrs = {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
};

/** batch, group, output channel and input channel (of the group), places, kernel. */
const [N, G, O, C, Y, X, P, Q] = [0, 1, 2, 3, 4, 5, 6, 7];
const labels: Pick<ContractKernel, "a" | "b" | "out"> = {
  a: [N, Y, X, G, C, P, Q],
  b: [G, O, C, P, Q],
  out: [N, G, O, Y, X],
};

/** What of a call follows from its shapes. */
interface ConvPlan {
  /** From the padded input to its windows, with labels.a. */
  readonly windows: WindowAttrs;
  readonly padded: Shape;
  /** The weight's shape and the result's with their groups apart. */
  readonly weight: Shape;
  readonly grouped: Shape;
  readonly out: Shape;
}

function planConv(x: Shape, weight: Shape, attrs: ConvAttrs): ConvPlan {
  const { stride, padding, dilation, groups } = attrs;
  checkChannels(x, weight, groups);
  const [batch, channels, height, width] = x;
  const [outputs, inputs, ...size] = weight;
  const plane = [height + 2 * padding[0], width + 2 * padding[1]];
  const places = windowPlaces("conv2d", plane, { size, stride, dilation });
  return {
    windows: {
      shape: [batch, ...places, groups, inputs, ...size],
      axes: [0, 2, 3, 1, 1, 2, 3],
      steps: [1, ...stride, inputs, 1, ...dilation],
      starts: [0, 0, 0, 0],
    },
    padded: [batch, channels, ...plane],
    weight: [groups, outputs / groups, inputs, ...size],
    grouped: [batch, groups, outputs / groups, ...places],
    out: [batch, outputs, ...places],
  };
}

function checkChannels(x: Shape, weight: Shape, groups: number): void {
  const complain = (expected: string, fix: string) =>
    new ShapeError({
      where: "conv2d",
      expected,
      got: `x ${showShape(x)} and weight ${showShape(weight)}`,
      fix,
    });
  if (x.length !== 4 || weight.length !== 4) {
    throw complain(
      "x [batch, channels, height, width] and weight [out, channels / groups, height, width]",
      "For one image, add the axis of the batch: unsqueeze(x, 0).",
    );
  }
  if (weight[2] === 0 || weight[3] === 0) {
    throw complain("a kernel of at least one element", "Check the weight's last two axes.");
  }
  if (weight[1] * groups !== x[1] || weight[0] % groups !== 0) {
    throw complain(
      groups === 1
        ? `a weight of ${x[1]} input channels, as x has`
        : `x of ${weight[1] * groups} channels and outputs divisible by ${groups}, for ${groups} groups`,
      "A weight is [out, channels / groups, height, width].",
    );
  }
}

const planOf = (saved: Saved<ConvAttrs>): ConvPlan =>
  planConv(saved.shape(0), saved.shape(1), saved.attrs);

/**
 * The convolution of images [batch, channels, height, width] with a weight
 * [out, channels / groups, kernel height, kernel width]:
 * y[n, o, i, j] = Σ x[n, c, i·stride + p·dilation − padding, …] · weight[o, c, p, q].
 * Each option is one number, or a pair for height and width. For a bias, add b.reshape([-1, 1, 1]).
 *
 * @throws ShapeError when channels and groups do not fit, or the kernel is larger than the image.
 * @example conv2d(zeros([64, 1, 28, 28]), zeros([6, 1, 5, 5]), { padding: 2 }); // [64, 6, 28, 28]
 */
export const conv2d: OpOf<Conv2dFn, ConvAttrs> = defineOp<Conv2dFn, ConvAttrs>(
  {
    name: "conv2d",
    arity: 2,
    broadcasts: false,
    shape: (inputs, attrs) => {
      const dtype = checkOperands("conv2d", inputs, "number");
      return [{ shape: planConv(inputs[0].shape, inputs[1].shape, attrs).out, dtype }];
    },
    body: (k, [x, weight], attrs) => {
      const plan = planConv(x.shape, weight.shape, attrs);
      const edges = [0, 0, ...attrs.padding];
      const windows = k.view(k.pad(x, edges, edges), plan.windows);
      const kernels = k.reshape(weight, plan.weight);
      return [k.reshape(k.contract(windows, labels.a, kernels, labels.b, labels.out), plan.out)];
    },
    vjp: [
      (g, saved) => {
        const plan = planOf(saved);
        const windows = contract(reshape(g, plan.grouped), reshape(saved.b, plan.weight), {
          a: labels.out,
          b: labels.b,
          out: labels.a,
        });
        const padded = overlapped(windows, { ...plan.windows, shape: plan.padded });
        return cropPlane(padded, saved.attrs.padding);
      },
      (g, saved) => {
        const plan = planOf(saved);
        const windows = windowed(padPlane(saved.a, saved.attrs.padding), plan.windows);
        const kernels = contract(windows, reshape(g, plan.grouped), {
          a: labels.a,
          b: labels.out,
          out: labels.b,
        });
        return reshape(kernels, saved.shape(1));
      },
    ],
    jvp: bilinearJvp,
    batch: (call) => batchConv(call),
    samples: drawConv,
    reference: ([x, weight], { stride, padding, dilation, groups }) => {
      const [batch, , ...plane] = x.shape;
      const [outputs, inputs, ...size] = weight.shape;
      const places = plane.map((n, d) =>
        Math.floor((n + 2 * padding[d] - dilation[d] * (size[d] - 1) - 1) / stride[d] + 1),
      );
      return NDArray.build([batch, outputs, ...places], ([n, o, ...at]) => {
        const first = Math.floor(o / (outputs / groups)) * inputs;
        let total = 0;
        for (const [c, ...k] of indices([inputs, ...size])) {
          const from = at.map((i, d) => i * stride[d] + k[d] * dilation[d] - padding[d]);
          const isInside = from.every((i, d) => i >= 0 && i < plane[d]);
          if (isInside) total += x.at([n, first + c, ...from]) * weight.at([o, c, ...k]);
        }
        return total;
      });
    },
  },
  (apply) =>
    (x: Tensor, weight: Tensor, options: Conv2dOptions = {}) =>
      apply([x, weight], convAttrs(options)),
);

function convAttrs(options: Conv2dOptions): ConvAttrs {
  checkOptions("conv2d", options, ["stride", "padding", "dilation", "groups"]);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new OptionError({
      where: "conv2d",
      expected: "groups: an integer >= 1",
      got: brief(groups),
      fix: "Leave it out for an ordinary convolution.",
    });
  }
  return {
    stride: pairOf("conv2d", "stride", stride, 1),
    padding: pairOf("conv2d", "padding", padding, 0),
    dilation: pairOf("conv2d", "dilation", dilation, 1),
    groups,
  };
}

/** A batch of images only is more images; with a batch of weights, each entry is a group. */
const batchConv: BatchRule<ConvAttrs> = ({ op, inputs, batched, size, attrs }) => {
  const [x, weight] = inputs.map((t, i) => (batched[i] ? t : expand(t, [size, ...t.shape])));
  const [batch, channels, ...plane] = x.shape.slice(1);
  if (!batched[1]) {
    const [y] = bind(op, [reshape(x, [size * batch, channels, ...plane]), inputs[1]], attrs);
    return [reshape(y, [size, batch, ...y.shape.slice(1)])];
  }
  const [outputs, ...kernel] = weight.shape.slice(1);
  const images = reshape(permute(x, [1, 0, 2, 3, 4]), [batch, size * channels, ...plane]);
  const kernels = reshape(weight, [size * outputs, ...kernel]);
  const [y] = bind(op, [images, kernels], { ...attrs, groups: size * attrs.groups });
  return [permute(reshape(y, [batch, size, outputs, ...y.shape.slice(2)]), [1, 0, 2, 3, 4])];
};

function drawConv(draw: Draw): Sample<ConvAttrs> {
  const pair = (min: number, max: number): Pair => [draw.int(min, max), draw.int(min, max)];
  const size = pair(1, 2);
  const attrs = {
    stride: pair(1, 2),
    padding: pair(0, 1),
    dilation: pair(1, 2),
    groups: draw.int(1, 2),
  };
  const { groups, dilation } = attrs;
  const inputs = draw.int(1, 2);
  const plane = size.map((n, d) => dilation[d] * (n - 1) + 1 + draw.int(0, 1));
  return {
    inputs: [
      reals(draw, [draw.int(0, 2), groups * inputs, ...plane]),
      reals(draw, [groups * draw.int(1, 2), inputs, ...size]),
    ],
    attrs,
  };
}
