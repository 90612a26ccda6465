// The algebra of scalar expressions: what a pointwise op computes, as data. An expression is
// written once; the reference interprets it, the fast executor generates a loop from it, and a
// compiler can generate SIMD code from it.
import type { DType } from "../tensor/dtype.ts";
import type { Expr, ExprLike } from "./expr.ts";
import { primitives, type Primitive } from "./primitives.ts";

export const input = (index: number): Expr => ({ kind: "input", index });

/** A number as an expression; it adopts the dtype of what it meets. */
export const lift = (x: ExprLike): Expr =>
  typeof x === "number" ? { kind: "const", value: x } : x;

const unary =
  (fn: Primitive) =>
  (x: ExprLike): Expr => ({ kind: "call", fn, args: [lift(x)] });

const binary =
  (fn: Primitive) =>
  (a: ExprLike, b: ExprLike): Expr => ({ kind: "call", fn, args: [lift(a), lift(b)] });

const p = primitives;

export const neg = unary(p.neg);
export const abs = unary(p.abs);
export const sign = unary(p.sign);
export const sqrt = unary(p.sqrt);
export const exp = unary(p.exp);
export const log = unary(p.log);
export const log1p = unary(p.log1p);
export const expm1 = unary(p.expm1);
export const sin = unary(p.sin);
export const cos = unary(p.cos);
export const tanh = unary(p.tanh);
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary(p.sigmoid);
export const erf = unary(p.erf);
/** 1 − erf x, precise where that is small. */
export const erfc = unary(p.erfc);
/** The distribution function of the normal distribution: erfc(−x/√2)/2. */
export const ndtr = unary(p.ndtr);
/** e^(−x²/2). */
export const gauss = unary(p.gauss);
export const tan = unary(p.tan);
/** 2ˣ. */
export const exp2 = unary(p.exp2);
export const log2 = unary(p.log2);
export const log10 = unary(p.log10);
/** The real cube root, of negative numbers, too. */
export const cbrt = unary(p.cbrt);
export const floor = unary(p.floor);
export const ceil = unary(p.ceil);
/** Towards zero. */
export const trunc = unary(p.trunc);
/** To the nearest integer, from the middle to the even one. */
export const round = unary(p.nearest);
export const not = unary(p.not);

export const add = binary(p.add);
export const sub = binary(p.sub);
export const mul = binary(p.mul);
export const div = binary(p.div);
/** The product, but 0 wherever a factor is 0, whatever the other one is (inf, NaN). */
export const mulZero = binary(p.mulZero);
export const pow = binary(p.pow);
export const min = binary(p.min);
export const max = binary(p.max);
export const floorDivide = binary(p.floorDivide);
/** The remainder of floorDivide: it has the sign of the divisor. */
export const remainder = binary(p.remainder);
/** The remainder of a division whose quotient goes towards zero: it has the sign of the dividend. */
export const fmod = binary(p.fmod);
/** The magnitude of the first with the sign of the second, which zeros have, too. */
export const copySign = binary(p.copySign);
/** A 32-bit integer shifted right, zeros coming in at the left. */
export const shiftRight = binary(p.shiftRight);
export const eq = binary(p.eq);
export const ne = binary(p.ne);
export const lt = binary(p.lt);
export const le = binary(p.le);
export const gt = binary(p.gt);
export const ge = binary(p.ge);
export const and = binary(p.and);
export const or = binary(p.or);
export const xor = binary(p.xor);

/** `a` where the condition holds, else `b`; the other one is not looked at. */
export const select = (condition: Expr, a: ExprLike, b: ExprLike): Expr => ({
  kind: "call",
  fn: p.select,
  args: [condition, lift(a), lift(b)],
});

export const cast = (x: ExprLike, dtype: DType): Expr => ({
  kind: "cast",
  dtype,
  args: [lift(x)],
});

/** The dtype of an expression over inputs of these dtypes; null for a bare constant. */
export function typeOf(expr: Expr, inputs: readonly DType[]): DType | null {
  switch (expr.kind) {
    case "input":
      return inputs[expr.index];
    case "const":
      return null;
    case "cast":
      return expr.dtype;
    case "call":
      return expr.fn.yieldsBool ? "bool" : typeOfArgs(expr, inputs);
  }
}

/** The dtype that a call's arguments share; constants adopt it, a selection's condition is apart. */
export function typeOfArgs(
  call: Extract<Expr, { kind: "call" }>,
  inputs: readonly DType[],
): DType | null {
  for (const arg of call.fn === p.select ? call.args.slice(1) : call.args) {
    const type = typeOf(arg, inputs);
    if (type) return type;
  }
  return null;
}
