// Functions of two numbers that must not overflow on their way.
import { defineBinary } from "../defined.ts";
import type { Expr } from "../expr.ts";
import {
  abs,
  add,
  copySign,
  div,
  eq,
  exp,
  gt,
  log1p,
  lt,
  max,
  mul,
  neg,
  or,
  select,
  sqrt,
  sub,
} from "../scalar.ts";

/** A power of two such that the squares of m times it neither overflow nor vanish. */
const scaleFor = (m: Expr): Expr =>
  select(gt(m, 2 ** 500), 2 ** -600, select(lt(m, 2 ** -500), 2 ** 600, 1));

const norm = (u: Expr, v: Expr): Expr => sqrt(add(mul(u, u), mul(v, v)));

/** √(a² + b²); infinite if one of them is, even beside NaN. */
export const hypot = defineBinary("hypot", (x, y) => {
  const [a, b] = [abs(x), abs(y)];
  const scale = scaleFor(max(a, b));
  const h = div(norm(mul(a, scale), mul(b, scale)), scale);
  return select(or(eq(a, Infinity), eq(b, Infinity)), Infinity, h);
});

/** a / √(a² + b²): what a has of the unit vector along (a, b); 0 at the origin. */
export const direction = defineBinary("direction", (x, y) => {
  const [a, b] = [abs(x), abs(y)];
  const m = max(a, b);
  const scale = scaleFor(m);
  const isInfinite = eq(m, Infinity);
  const part = (value: Expr): Expr =>
    select(isInfinite, select(eq(value, Infinity), 1, 0), mul(value, scale));
  const [u, v] = [part(a), part(b)];
  return copySign(select(eq(m, 0), 0, div(u, norm(u, v))), x);
});

/** ln(eᵃ + eᵇ). Two equal infinities have a difference of 0 here. */
export const logaddexp = defineBinary("logaddexp", (a, b) => {
  const gap = select(eq(a, b), 0, abs(sub(a, b)));
  return add(max(a, b), log1p(exp(neg(gap))));
});
