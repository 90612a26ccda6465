import type { Expr, ExprLike } from "../expr.ts";
import { add, div, mul } from "../scalar.ts";

/** A polynomial by Estrin's scheme: pairs of coefficients first, then Horner's rule in x². The chain is half
 *  as long as Horner's. Coefficients from the highest power down. */
export function polynomial(
  x: Expr,
  coefficients: readonly number[],
  square: Expr = mul(x, x),
): Expr {
  const even = coefficients.length % 2;
  let sum: ExprLike | null = even ? coefficients[0] : null;
  for (let i = even; i < coefficients.length; i += 2) {
    const pair = add(mul(coefficients[i], x), coefficients[i + 1]);
    sum = sum === null ? pair : add(mul(sum, square), pair);
  }
  return sum as Expr;
}

/** A quotient of two polynomials. */
export interface Rational {
  readonly top: readonly number[];
  readonly bottom: readonly number[];
}

export function rational(x: Expr, { top, bottom }: Rational): Expr {
  const square = mul(x, x);
  return div(polynomial(x, top, square), polynomial(x, bottom, square));
}
