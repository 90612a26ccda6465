// The functions of the scalar algebra that are the same instructions in both float shapes.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import type { Constants } from "./lanes.ts";

/** null: this function is not one of them. */
export function emitFloat(
  code: FloatCode,
  fn: string,
  args: readonly Local[],
  constants: Constants,
): Local | null {
  const [a, b] = args;
  const known = code.shape === "f32x4" ? constants.map(roundKnown) : constants;
  switch (fn) {
    case "neg":
    case "abs":
    case "sqrt":
    case "floor":
    case "ceil":
    case "trunc":
    case "nearest":
      return code.unary(fn, a);
    case "copySign":
      return code.withSignOf(code.unary("abs", a), b);
    case "sign":
      return sign(code, a);
    case "add":
    case "sub":
    case "mul":
    case "div":
      return code[fn](a, b);
    case "mulZero":
      return mulZero(code, a, b);
    case "min":
    case "max":
      return extremum(code, fn, args, known);
    case "pow":
      return known[1] === undefined ? null : constantPower(code, a, known[1]);
    default:
      return null;
  }
}

/** What is in the lanes of the constant. */
const roundKnown = (value: number | undefined): number | undefined => value && Math.fround(value);

/** ±1; what is ±0 or NaN stays. */
function sign(code: FloatCode, x: Local): Local {
  const isSigned = code.compare("gt", code.unary("abs", x), code.const(0));
  return code.choose(isSigned, code.withSignOf(code.const(1), x), x);
}

function mulZero(code: FloatCode, a: Local, b: Local): Local {
  const zero = code.const(0);
  const isZero = code.or(code.compare("eq", a, zero), code.compare("eq", b, zero));
  return code.without(code.mul(a, b), isZero);
}

/** The instructions min and max cost eight of the processor's: NaN spreads, and −0 is less than 0.
 *  pmin(a, b) = b < a ? b : a costs one, and next to a constant it differs only in zeros. */
function extremum(
  code: FloatCode,
  fn: "min" | "max",
  args: readonly Local[],
  constants: Constants,
): Local {
  const at = constants.findIndex((c) => c !== undefined && !Number.isNaN(c));
  const bound = constants[at];
  const [x, c] = at === 0 ? [args[1], args[0]] : args;
  if (bound === undefined || (fn === "min" && Object.is(bound, -0))) {
    return code.op(`${code.shape}.${fn}`, args[0], args[1]);
  }
  const picked = code.op(`${code.shape}.p${fn}`, x, c);
  // The sum makes 0 of −0.
  return fn === "max" && Object.is(bound, 0) ? code.add(picked, c) : picked;
}

/** Exponents for which a few products or a root are as good as pow. */
function constantPower(code: FloatCode, x: Local, exponent: number): Local | null {
  switch (exponent) {
    case 1:
      return x;
    case 2:
      return code.mul(x, x);
    case 3:
      return code.mul(code.mul(x, x), x);
    case -1:
      return code.div(code.const(1), x);
    case 0.5:
      return powerHalf(code, x);
    default:
      return null;
  }
}

/** As the root, but for −0 (0) and −∞ (∞). */
function powerHalf(code: FloatCode, x: Local): Local {
  const root = code.unary("sqrt", code.add(x, code.const(0)));
  const isLowest = code.compare("eq", x, code.const(-Infinity));
  return code.choose(isLowest, code.const(Infinity), root);
}
