// Powers of floats, through doubles: |x|ʸ = e^(y·ln |x|), where the exponent has 29 bits more than the result
// needs. (Powers of doubles would want a logarithm of twice their precision: the host computes them.)
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { expSum } from "./exponential.ts";

/** C's pow, as the scalar algebra has it, for floats that became doubles. `log` is the logarithm of doubles. */
export function powerOfSingle(
  code: FloatCode,
  log: (x: Local) => Local,
  x: Local,
  y: Local,
): Local {
  const [zero, one, infinity] = [0, 1, Infinity].map((value) => code.const(value));
  const a = code.unary("abs", x);
  // ln 0 is −∞ and eˣ of ±∞ is ∞ or 0, as it should be.
  const size = expSum(code, code.mul(y, log(a)));
  // The sign of x, zeros and infinities included, stays under odd exponents.
  const isWhole = code.compare("eq", code.unary("floor", y), y);
  const half = code.mul(y, code.const(0.5));
  const isOdd = code.without(isWhole, code.compare("eq", code.unary("floor", half), half));
  const signed = code.or(size, code.and(code.and(x, code.signBit()), isOdd));
  // A finite negative number has no other powers than whole ones; a lane of ones is NaN.
  const isFinite = code.compare("lt", a, infinity);
  const isNegative = code.and(code.compare("lt", x, zero), isFinite);
  const known = code.or(signed, code.without(isNegative, isWhole));
  // 1 to any power is 1, and anything to the power 0; so is −1 to ±∞. NaN included.
  const isUnit = code.and(
    code.compare("eq", a, one),
    code.compare("eq", code.unary("abs", y), infinity),
  );
  const isOne = code.or(code.or(code.compare("eq", x, one), code.compare("eq", y, zero)), isUnit);
  return code.choose(isOne, one, known);
}
