/** Sliding windows over planes: convolutions and pools of [..., height, width]. */

import type { Add, Divide, Multiply, Subtract, ToNumber } from "./digits.ts";
import type {
  Dims,
  Dyn,
  IsAny,
  IsLiteral,
  IsOpen,
  IsUnknown,
  MayEqual,
  Show,
  ShowDim,
} from "./dims.ts";

/** What holds for height and width: one number for both, or one for each. */
export type Size2 = number | readonly [number, number];

export type Along<V extends Size2, Axis extends 0 | 1> = V extends readonly [number, number]
  ? V[Axis]
  : Extract<V, number>;

/** Dilation · (size − 1) + 1: how many elements a window spans. */
export type Reach<K extends number, D extends number> = Add<
  Multiply<`${D}`, Subtract<`${K}`, "1">>,
  "1"
>;

export type AllLiteral<L extends readonly number[]> = L extends readonly [
  infer Head,
  ...infer Rest extends readonly number[],
]
  ? IsLiteral<Head> extends true
    ? AllLiteral<Rest>
    : false
  : true;

/** ⌊(N + 2P − reach) / S⌋ + 1; `number` where a part is unknown, "none" where the window is larger
 *  than what it slides over. Windows of size 0 and strides of 0 are left to the run-time check. */
export type Places<
  N extends number,
  K extends number,
  S extends number,
  P extends number,
  D extends number,
> =
  AllLiteral<[N, K, S, P, D]> extends true
    ? 0 extends K | S | D
      ? number
      : Subtract<Add<`${N}`, Multiply<`${P}`, "2">>, Reach<K, D>> extends infer Room extends string
        ? Room extends "negative"
          ? "none"
          : Divide<Room, `${S}`> extends [infer Q extends string, string]
            ? ToNumber<Add<Q, "1">>
            : number
        : number
    : number;

/** [...Lead, H', W'], or the message where a window does not fit. */
export type Slide<
  Lead extends Dims,
  H extends number,
  W extends number,
  K extends Size2,
  S extends Size2,
  P extends Size2,
  D extends Size2,
  Message extends string,
> = [
  Places<H, Along<K, 0>, Along<S, 0>, Along<P, 0>, Along<D, 0>>,
  Places<W, Along<K, 1>, Along<S, 1>, Along<P, 1>, Along<D, 1>>,
] extends [infer Rows extends number, infer Columns extends number]
  ? [...Lead, Rows, Columns]
  : Message;

export type ShowSize<K extends Size2> = `${ShowDim<Along<K, 0>>} × ${ShowDim<Along<K, 1>>}`;

/** Shape function of a convolution of C input and O output channels with a kernel of size K. */
export type ConvShape<
  X extends Dims,
  C extends number,
  O extends number,
  K extends Size2,
  S extends Size2 = 1,
  P extends Size2 = 0,
  D extends Size2 = 1,
> =
  IsAny<X> extends true
    ? [number, O, number, number]
    : IsOpen<X> extends true
      ? [number, O, number, number]
      : X extends readonly [
            infer N extends number,
            infer Channels extends number,
            infer H extends number,
            infer W extends number,
          ]
        ? MayEqual<Channels, C> extends true
          ? Slide<
              [N, O],
              H,
              W,
              K,
              S,
              P,
              D,
              `conv2d: the kernel, ${ShowSize<K>}, is larger than the padded input ${Show<X>}`
            >
          : `conv2d: expects ${ShowDim<C>} input channels, got ${ShowDim<Channels>} in ${Show<X>}`
        : `conv2d: needs [batch, channels, height, width], got ${Show<X>}`;

export type Times<C extends number, G extends number> =
  AllLiteral<[C, G]> extends true ? ToNumber<Multiply<`${C}`, `${G}`>> : number;

/** Shape function of `conv2d(x, weight, options)`, with the weight [out, channels / groups, h, w]. */
export type Conv2d<
  X extends Dims,
  Weight extends Dims,
  S extends Size2,
  P extends Size2,
  D extends Size2,
  G extends number,
> =
  IsUnknown<Weight> extends true
    ? Dyn
    : Weight extends readonly [
          infer O extends number,
          infer C extends number,
          infer KH extends number,
          infer KW extends number,
        ]
      ? ConvShape<X, Times<C, G>, O, [KH, KW], S, P, D>
      : `conv2d: needs a weight [out, channels, height, width], got ${Show<Weight>}`;

/** Shape function of a pool over the last two axes. */
export type PoolShape<
  X extends Dims,
  K extends Size2,
  S extends Size2,
  P extends Size2,
  Op extends string,
> =
  IsUnknown<X> extends true
    ? Dyn
    : X extends readonly [
          ...infer Lead extends Dims,
          infer H extends number,
          infer W extends number,
        ]
      ? Slide<
          Lead,
          H,
          W,
          K,
          S,
          P,
          1,
          `${Op}: the kernel, ${ShowSize<K>}, is larger than the padded input ${Show<X>}`
        >
      : `${Op}: needs [..., height, width], got ${Show<X>}`;
