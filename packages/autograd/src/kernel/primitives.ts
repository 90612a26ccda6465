// The functions of the scalar algebra: each once as a function, for the reference, and once as
// JavaScript text where that is faster than a call, for generated loops.
import { erf, erfc, gauss, ndtr } from "./erf.ts";

export interface Primitive {
  readonly name: string;
  /** On floats; booleans are 0 and 1. */
  readonly float: (...args: number[]) => number;
  /** On 32-bit integers, where it differs. */
  readonly int?: (...args: number[]) => number;
  /** The same as text, with $0, $1, $2 for the arguments; without it the function is called. */
  readonly floatCode?: string;
  readonly intCode?: string;
  readonly yieldsBool: boolean;
}

const number = (bool: boolean): number => (bool ? 1 : 0);

const table = {
  neg: { float: (x) => -x, int: (x) => -x | 0, floatCode: "-$0", intCode: "-$0 | 0" },
  abs: { float: Math.abs, int: (x) => Math.abs(x) | 0, intCode: "Math.abs($0) | 0" },
  sign: { float: Math.sign },
  sqrt: { float: Math.sqrt, floatCode: "Math.sqrt($0)" },
  exp: { float: Math.exp, floatCode: "Math.exp($0)" },
  log: { float: Math.log, floatCode: "Math.log($0)" },
  log1p: { float: Math.log1p, floatCode: "Math.log1p($0)" },
  expm1: { float: Math.expm1, floatCode: "Math.expm1($0)" },
  sin: { float: Math.sin, floatCode: "Math.sin($0)" },
  cos: { float: Math.cos, floatCode: "Math.cos($0)" },
  erf: { float: erf },
  erfc: { float: erfc },
  ndtr: { float: ndtr },
  gauss: { float: gauss },
  tanh: { float: Math.tanh, floatCode: "Math.tanh($0)" },
  sigmoid: {
    float: sigmoid,
    floatCode: "$0 >= 0 ? 1 / (1 + Math.exp(-$0)) : Math.exp($0) / (1 + Math.exp($0))",
  },
  tan: { float: Math.tan, floatCode: "Math.tan($0)" },
  exp2: { float: exp2 },
  log2: { float: Math.log2, floatCode: "Math.log2($0)" },
  log10: { float: Math.log10, floatCode: "Math.log10($0)" },
  cbrt: { float: Math.cbrt, floatCode: "Math.cbrt($0)" },
  floor: { float: Math.floor, floatCode: "Math.floor($0)" },
  ceil: { float: Math.ceil, floatCode: "Math.ceil($0)" },
  trunc: { float: Math.trunc, floatCode: "Math.trunc($0)" },
  nearest: { float: roundHalfToEven },
  add: {
    float: (a, b) => a + b,
    int: (a, b) => (a + b) | 0,
    floatCode: "$0 + $1",
    intCode: "$0 + $1 | 0",
  },
  sub: {
    float: (a, b) => a - b,
    int: (a, b) => (a - b) | 0,
    floatCode: "$0 - $1",
    intCode: "$0 - $1 | 0",
  },
  mul: {
    float: (a, b) => a * b,
    int: Math.imul,
    floatCode: "$0 * $1",
    intCode: "Math.imul($0, $1)",
  },
  div: { float: (a, b) => a / b, floatCode: "$0 / $1" },
  mulZero: {
    float: (a, b) => (a === 0 || b === 0 ? 0 : a * b),
    floatCode: "$0 === 0 || $1 === 0 ? 0 : $0 * $1",
  },
  pow: { float: power },
  min: { float: Math.min, floatCode: "Math.min($0, $1)" },
  max: { float: Math.max, floatCode: "Math.max($0, $1)" },
  floorDivide: {
    float: floorQuotient,
    // Python's rule; a division by zero gives 0, as integers have no infinity.
    int: (a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  },
  remainder: {
    float: floorRemainder,
    int: (a, b) => (b === 0 ? 0 : floorRemainder(a, b) | 0),
  },
  fmod: {
    float: (a, b) => a % b,
    int: (a, b) => (b === 0 ? 0 : (a % b) | 0),
    floatCode: "$0 % $1",
  },
  copySign: { float: copySign, int: (a, b) => copySign(a, b) | 0 },
  shiftRight: { float: (a, b) => a >>> b, int: (a, b) => (a >>> b) | 0, intCode: "$0 >>> $1 | 0" },
  not: { float: (x) => number(x === 0), floatCode: "$0 === 0 ? 1 : 0", yieldsBool: true },
  eq: { float: (a, b) => number(a === b), floatCode: "$0 === $1 ? 1 : 0", yieldsBool: true },
  ne: { float: (a, b) => number(a !== b), floatCode: "$0 !== $1 ? 1 : 0", yieldsBool: true },
  lt: { float: (a, b) => number(a < b), floatCode: "$0 < $1 ? 1 : 0", yieldsBool: true },
  le: { float: (a, b) => number(a <= b), floatCode: "$0 <= $1 ? 1 : 0", yieldsBool: true },
  gt: { float: (a, b) => number(a > b), floatCode: "$0 > $1 ? 1 : 0", yieldsBool: true },
  ge: { float: (a, b) => number(a >= b), floatCode: "$0 >= $1 ? 1 : 0", yieldsBool: true },
  and: {
    float: (a, b) => number(a !== 0 && b !== 0),
    floatCode: "($0 !== 0) & ($1 !== 0)",
    yieldsBool: true,
  },
  or: {
    float: (a, b) => number(a !== 0 || b !== 0),
    floatCode: "($0 !== 0) | ($1 !== 0)",
    yieldsBool: true,
  },
  xor: {
    float: (a, b) => number((a !== 0) !== (b !== 0)),
    floatCode: "($0 !== 0) ^ ($1 !== 0)",
    yieldsBool: true,
  },
  select: { float: (c, a, b) => (c !== 0 ? a : b), floatCode: "$0 !== 0 ? $1 : $2" },
} satisfies Record<string, Partial<Primitive>>;

export const primitives = Object.fromEntries(
  Object.entries(table).map(([name, entry]) => [name, { name, yieldsBool: false, ...entry }]),
) as Record<keyof typeof table, Primitive>;

/** The exponential of the side on which it cannot overflow; so both ends of the range are precise. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** C's pow, which NumPy and PyTorch follow: 1 to any power is 1, and so is -1 to ±inf. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return Math.pow(base, exponent);
}

/**
 * The largest integer that is not above a / b, whose rounding might cross an integer: 1 / 0.1 is 10, but
 * 0.1, which is a little more than a tenth, goes into 1 nine times. So it is made of the remainder, which is
 * exact; Python, NumPy and PyTorch do the same.
 */
function floorQuotient(a: number, b: number): number {
  if (b === 0) return a / b;
  const r = floorRemainder(a, b);
  // Of the largest dividend the remainder may go to the divisor's side of infinity.
  const whole = Math.abs(r) === Infinity ? -1 : (a - r) / b;
  // A whole number but for rounding; 0 has the sign of the quotient.
  return whole === 0 ? Math.min(Math.max(a / b, -0), 0) : roundHalfToEven(whole);
}

/** a - floor(a / b) * b without its rounding: exact, with the sign of b. */
function floorRemainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

/** 2 to the power x, exact for integers. */
function exp2(x: number): number {
  return Math.pow(2, x);
}

/** To the nearest integer, from the middle to the even one. */
function roundHalfToEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** The magnitude of a with the sign of b, which zeros have, too. */
function copySign(a: number, b: number): number {
  return isSigned(a) === isSigned(b) ? a : -a;
}

const isSigned = (x: number): boolean => x < 0 || Object.is(x, -0);

/** A float as a 32-bit integer: towards zero, saturating, NaN as 0, as WebAssembly's trunc_sat. */
export function toInt(x: number): number {
  if (x >= 2147483647) return 2147483647;
  return x <= -2147483648 ? -2147483648 : x | 0;
}
