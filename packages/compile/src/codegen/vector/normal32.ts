// The normal distribution of singles: its distribution function Φ, and its density's e^(−x²/2). With a = |x|,
// Φ(−a) = e^(−a²/2)·M(a), where M(a)·(a + k) is smooth: a polynomial in v = a / (a + k). (In (a − k) / (a + k), as
// in normal.ts, the roundings of that quotient would cost four units in the last place near 0; v has next to
// none there.)
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { expSum } from "./exponential32.ts";

/** From here on both are 0. */
const end = 14.5;
const k = 2.5;

/** M(a)·(a + 2.5) for a ≤ 14.5; relative error 1.6e-8: weighted minimax (Lawson's iteration on 800 Chebyshev nodes
 *  of v), but for the last one, with which Φ(0) is ½. */
const coefficients = [
  -0.08052045891118946, 0.2827607291874009, -0.31876270713605614, 0.14330018985815662,
  -0.1528536002653698, 0.05713990582627859, 0.2916362810771114, 0.1696332400334678,
  -1.2433935452783842, 1.25,
];

/** e^(−x²/2). */
export function gauss(code: FloatCode, x: Local): Local {
  const a = code.atMost(code.unary("abs", x), end);
  const { square, missing } = squareOf(code, a);
  const half = code.const(-0.5);
  return expSum(code, code.mul(square, half), { low: code.mul(missing, half) });
}

/** a² in two parts: its rounding would cost a² times as much in the exponential. */
function squareOf(code: FloatCode, a: Local): { square: Local; missing: Local } {
  if (code.ctx.features.relaxedSimd) {
    const square = code.mul(a, a);
    // Nothing but the rounding of the product where the machine multiplies and adds in one rounding; where it
    // does not, 0, and far out some tens of units in the last place are lost.
    return { square, missing: code.unary("neg", code.nmadd(a, a, square)) };
  }
  // The square of 12 bits is exact.
  const head = code.and(a, code.i32(-(2 ** 12)));
  const large = code.mul(head, head);
  const rest = code.mul(code.sub(a, head), code.add(a, head));
  const square = code.add(large, rest);
  return { square, missing: code.add(code.sub(large, square), rest) };
}

/** Φ(x), from x and e^(−x²/2). */
export function ndtr(code: FloatCode, x: Local, gaussian: Local): Local {
  const one = code.const(1);
  const a = code.atMost(code.unary("abs", x), end);
  const inverse = code.div(one, code.add(a, code.const(k)));
  const scaled = code.poly(code.mul(a, inverse), coefficients);
  const tail = code.mul(code.mul(scaled, inverse), gaussian);
  return code.choose(code.compare("gt", x, code.const(0)), code.sub(one, tail), tail);
}
