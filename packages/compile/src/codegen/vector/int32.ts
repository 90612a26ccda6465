// The functions of the scalar algebra on int32.
import type { Local } from "../../wasm/function.ts";
import type { VectorCode } from "./code.ts";
import { int32ThroughDoubles } from "./doubles.ts";
import { emitFloat64 } from "./float64.ts";
import type { Constants, Lanes } from "./lanes.ts";

/** Without a function of integers: that of doubles, and what leaves the range wraps around. */
export function emitInt32(
  code: VectorCode,
  lanes: Lanes,
  fn: string,
  args: readonly Local[],
  constants: Constants,
): Local {
  const [a, b] = args;
  switch (fn) {
    case "neg":
    case "abs":
      return code.op(`i32x4.${fn}`, a);
    case "sign":
      return code.op("i32x4.min_s", code.op("i32x4.max_s", a, code.i32(-1)), code.i32(1));
    case "floor":
    case "ceil":
    case "trunc":
    case "nearest":
      return a;
    case "add":
    case "sub":
    case "mul":
      return code.op(`i32x4.${fn}`, a, b);
    case "min":
    case "max":
      return code.op(`i32x4.${fn}_s`, a, b);
    case "floorDivide":
      return floorDivide(code, lanes, a, b);
    case "remainder":
      return remainder(code, lanes, a, b);
    case "fmod":
      return fmod(code, lanes, a, b);
    case "shiftRight":
      return shiftRight(code, lanes, a, b, constants[1]);
    default:
      return int32ThroughDoubles(code, lanes, args, (doubles, wide) =>
        emitFloat64(doubles, fn, wide, []),
      );
  }
}

/** A quotient of integers of 32 bits is rounded to a double without crossing an integer, so its floor
 *  is exact. A division by zero gives 0. */
function floorDivide(code: VectorCode, lanes: Lanes, a: Local, b: Local): Local {
  const quotient = int32ThroughDoubles(code, lanes, [a, b], (doubles, [x, y]) =>
    doubles.unary("floor", doubles.div(x, y)),
  );
  return code.without(quotient, isZero(code, b));
}

/** a − floor(a / b)·b modulo 2³². */
function remainder(code: VectorCode, lanes: Lanes, a: Local, b: Local): Local {
  const product = code.op("i32x4.mul", floorDivide(code, lanes, a, b), b);
  return code.without(code.op("i32x4.sub", a, product), isZero(code, b));
}

/** a − trunc(a / b)·b modulo 2³². */
function fmod(code: VectorCode, lanes: Lanes, a: Local, b: Local): Local {
  const quotient = int32ThroughDoubles(code, lanes, [a, b], (doubles, [x, y]) =>
    doubles.unary("trunc", doubles.div(x, y)),
  );
  const product = code.op("i32x4.mul", quotient, b);
  return code.without(code.op("i32x4.sub", a, product), isZero(code, b));
}

const isZero = (code: VectorCode, x: Local): Local => code.op("i32x4.eq", x, code.i32(0));

/** Zeros come in at the left; counts are taken modulo 32. */
function shiftRight(
  code: VectorCode,
  lanes: Lanes,
  a: Local,
  b: Local,
  count: number | undefined,
): Local {
  if (count !== undefined) return code.shift("i32x4.shr_u", a, count & 31);
  return code.lanewise("i32x4.replace_lane", lanes, (lane) => {
    code.f.get(a).lane("i32x4.extract_lane", lane);
    code.f.get(b).lane("i32x4.extract_lane", lane).op("i32.shr_u");
  });
}
