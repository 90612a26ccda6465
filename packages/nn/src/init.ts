// Random initial weights whose scale keeps activations (fan-in) or gradients (fan-out) of one size
// from layer to layer. All return new parameters. A weight's shape is [out, in, ...kernel].
import {
  checkOptions,
  describeValue,
  normal,
  OptionError,
  ShapeError,
  uniform,
  type CreateFn,
  type CreateOptions,
  type Generator,
  type Tensor,
} from "@wengert/autograd";
import { parameter } from "./parameter.ts";

export interface InitOptions {
  /** Default: the shared one, see manualSeed. */
  readonly generator?: Generator;
  /** float32 (the default) or float64. */
  readonly dtype?: CreateOptions["dtype"];
}

export interface XavierOptions extends InitOptions {
  /** A factor of the standard deviation, > 0; see gainOf. Default: 1. */
  readonly gain?: number;
}

export interface KaimingOptions extends InitOptions {
  /** A factor of the standard deviation, > 0; see gainOf. Default: √2, for relu. */
  readonly gain?: number;
  /** Whether to keep the size of activations ("fanIn", the default) or of gradients. */
  readonly mode?: "fanIn" | "fanOut";
}

type Shape = readonly number[];

/**
 * Uniform in ±gain · √(6 / (fanIn + fanOut)): X. Glorot and Y. Bengio, "Understanding the
 * difficulty of training deep feedforward neural networks", AISTATS 2010, eq. 16.
 * @throws ShapeError for shapes of less than two axes; OptionError for options that do not fit.
 * @example xavierUniform([256, 784], { gain: gainOf("tanh"), generator });
 */
export const xavierUniform = ((shape: Shape, options: XavierOptions = {}) =>
  drawUniform(
    shape,
    xavierStd("xavierUniform", shape, options),
    options,
  )) as CreateFn<XavierOptions>;

/** Normal with the standard deviation gain · √(2 / (fanIn + fanOut)); see xavierUniform. */
export const xavierNormal = ((shape: Shape, options: XavierOptions = {}) =>
  drawNormal(shape, xavierStd("xavierNormal", shape, options), options)) as CreateFn<XavierOptions>;

/**
 * Uniform in ±gain · √(3 / fan): K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers",
 * ICCV 2015, eq. 10 and 14.
 * @throws ShapeError for shapes of less than two axes; OptionError for options that do not fit.
 * @example kaimingUniform([256, 784], { mode: "fanOut", generator });
 */
export const kaimingUniform = ((shape: Shape, options: KaimingOptions = {}) =>
  drawUniform(
    shape,
    kaimingStd("kaimingUniform", shape, options),
    options,
  )) as CreateFn<KaimingOptions>;

/** Normal with the standard deviation gain / √fan; see kaimingUniform. */
export const kaimingNormal = ((shape: Shape, options: KaimingOptions = {}) =>
  drawNormal(
    shape,
    kaimingStd("kaimingNormal", shape, options),
    options,
  )) as CreateFn<KaimingOptions>;

const gains = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope: number) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
} satisfies Record<string, (slope: number) => number>;

export type Nonlinearity = keyof typeof gains;

/**
 * The gain that makes up for what a nonlinearity takes from the standard deviation: linear and
 * sigmoid 1, tanh 5/3, relu √2, leakyRelu √(2 / (1 + slope²)), selu 3/4. The numbers are PyTorch's.
 * @param slope That of leakyRelu for negative numbers. Default: 0.01.
 */
export function gainOf(nonlinearity: Nonlinearity, slope = 0.01): number {
  if (Object.hasOwn(gains, nonlinearity)) return gains[nonlinearity](slope);
  throw new OptionError({
    where: "gainOf",
    expected: Object.keys(gains).join(", "),
    got: describeValue(nonlinearity),
    fix: "Name one of these, or pass a number as gain.",
  });
}

function xavierStd(where: string, shape: Shape, options: XavierOptions): number {
  checkOptions(where, options, ["generator", "dtype", "gain"]);
  const { fanIn, fanOut } = fansOf(where, shape);
  return checkGain(where, options.gain ?? 1) * Math.sqrt(2 / Math.max(1, fanIn + fanOut));
}

function kaimingStd(where: string, shape: Shape, options: KaimingOptions): number {
  checkOptions(where, options, ["generator", "dtype", "gain", "mode"]);
  const { mode = "fanIn", gain = Math.SQRT2 } = options;
  if (mode !== "fanIn" && mode !== "fanOut") {
    throw new OptionError({
      where,
      expected: 'mode "fanIn" or "fanOut"',
      got: JSON.stringify(mode),
      fix: "Name one of these.",
    });
  }
  return checkGain(where, gain) / Math.sqrt(Math.max(1, fansOf(where, shape)[mode]));
}

/** How many inputs an output is the sum of, and how many outputs an input goes to. */
function fansOf(where: string, shape: Shape): { fanIn: number; fanOut: number } {
  if (!Array.isArray(shape) || shape.length < 2) {
    throw new ShapeError({
      where,
      expected: "a shape of at least two axes, [out, in, ...kernel]",
      got: Array.isArray(shape) ? `[${shape.join(", ")}]` : describeValue(shape),
      fix: "For a bias, use zeros or uniform.",
    });
  }
  const [outputs, inputs, ...kernel] = shape;
  const places = kernel.reduce((product, size) => product * size, 1);
  return { fanIn: inputs * places, fanOut: outputs * places };
}

function checkGain(where: string, gain: number): number {
  if (gain > 0 && Number.isFinite(gain)) return gain;
  throw new OptionError({
    where,
    expected: "gain > 0",
    got: typeof gain === "number" ? String(gain) : describeValue(gain),
    fix: 'Pass e.g. { gain: gainOf("tanh") }.',
  });
}

/** A uniform distribution of this standard deviation reaches √3 times as far. */
function drawUniform(shape: Shape, std: number, { generator, dtype }: InitOptions): Tensor {
  const bound = Math.sqrt(3) * std;
  return parameter(uniform(shape, { low: -bound, high: bound, generator, dtype }));
}

function drawNormal(shape: Shape, std: number, { generator, dtype }: InitOptions): Tensor {
  return parameter(normal(shape, { std, generator, dtype }));
}
