// Vector instructions as expressions: each method emits one, from locals to a new local.
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { LaneOp, PlainOp } from "../../wasm/opcodes.ts";
import type { CodegenContext } from "../context.ts";

export type FloatShape = "f32x4" | "f64x2";
export type Shape = FloatShape | "i32x4";

export class VectorCode {
  readonly ctx: CodegenContext;
  readonly f: FunctionBuilder;

  constructor(ctx: CodegenContext, f: FunctionBuilder) {
    this.ctx = ctx;
    this.f = f;
  }

  op(name: PlainOp, ...args: readonly Local[]): Local {
    this.f.cut();
    for (const arg of args) this.f.get(arg);
    return this.f.op(name).keep("v128");
  }

  /** All lanes shifted by a constant. */
  shift(name: `${"i32x4" | "i64x2"}.${"shl" | "shr_s" | "shr_u"}`, x: Local, bits: number): Local {
    this.f.cut();
    return this.f.get(x).i32(bits).op(name).keep("v128");
  }

  splat(shape: Shape, value: number): Local {
    switch (shape) {
      case "f32x4":
        return this.f.f32x4(value).keep("v128");
      case "f64x2":
        return this.f.f64x2(value).keep("v128");
      case "i32x4":
        return this.f.i32x4(value).keep("v128");
    }
  }

  i32(value: number): Local {
    return this.splat("i32x4", value);
  }

  i64(value: bigint): Local {
    return this.f.i64x2(value).keep("v128");
  }

  /** Lane for lane: a where the mask's lane is set, else b. The relaxed instruction may look at any bit of a
   *  lane of 32, so a mask is all ones or zeros there; it is one instruction on x86, the other is three. */
  choose(mask: Local, a: Local, b: Local): Local {
    if (this.ctx.features.relaxedSimd) return this.op("i32x4.relaxed_laneselect", a, b, mask);
    return this.op("v128.bitselect", a, b, mask);
  }

  or(a: Local, b: Local): Local {
    return this.op("v128.or", a, b);
  }

  and(a: Local, b: Local): Local {
    return this.op("v128.and", a, b);
  }

  /** a without the bits of b. */
  without(a: Local, b: Local): Local {
    return this.op("v128.andnot", a, b);
  }

  /** 16 bytes of a (0 … 15) and b (16 … 31). */
  shuffle(a: Local, b: Local, bytes: readonly number[]): Local {
    return this.f.get(a).get(b).shuffle(bytes).keep("v128");
  }

  /** Lanes of 32 bits of a (0 … 3) and b (4 … 7). */
  words(a: Local, b: Local, ...words: readonly number[]): Local {
    return this.shuffle(
      a,
      b,
      words.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte)),
    );
  }

  /** A vector whose lanes are computed one by one, as scalars: `compute` leaves one on the stack. */
  lanewise(replace: LaneOp, count: number, compute: (lane: number) => void): Local {
    const result = this.splat("i32x4", 0);
    for (let lane = 0; lane < count; lane++) {
      this.f.get(result);
      compute(lane);
      this.f.lane(replace, lane).set(result);
    }
    return result;
  }

  /** Does something if any bit is set. */
  ifAny(mask: Local, then: () => void): void {
    this.f.get(mask).op("v128.any_true").if(then);
  }
}

/** Arithmetic in one of the two float shapes. */
export class FloatCode extends VectorCode {
  readonly shape: FloatShape;

  constructor(ctx: CodegenContext, f: FunctionBuilder, shape: FloatShape) {
    super(ctx, f);
    this.shape = shape;
  }

  const(value: number): Local {
    return this.splat(this.shape, value);
  }

  unary(name: "abs" | "neg" | "sqrt" | "nearest" | "floor" | "ceil" | "trunc", x: Local): Local {
    return this.op(`${this.shape}.${name}`, x);
  }

  add(a: Local, b: Local): Local {
    return this.op(`${this.shape}.add`, a, b);
  }

  sub(a: Local, b: Local): Local {
    return this.op(`${this.shape}.sub`, a, b);
  }

  mul(a: Local, b: Local): Local {
    return this.op(`${this.shape}.mul`, a, b);
  }

  div(a: Local, b: Local): Local {
    return this.op(`${this.shape}.div`, a, b);
  }

  compare(name: "eq" | "ne" | "lt" | "le" | "gt" | "ge", a: Local, b: Local): Local {
    return this.op(`${this.shape}.${name}`, a, b);
  }

  /** x, but not above (below) the bound; NaN stays. */
  atMost(x: Local, bound: number): Local {
    return this.op(`${this.shape}.pmin`, x, this.const(bound));
  }

  atLeast(x: Local, bound: number): Local {
    return this.op(`${this.shape}.pmax`, x, this.const(bound));
  }

  /** a·b + c, in one rounding where the engine has it. */
  madd(a: Local, b: Local, c: Local): Local {
    if (this.ctx.features.relaxedSimd) return this.op(`${this.shape}.relaxed_madd`, a, b, c);
    return this.add(this.mul(a, b), c);
  }

  /** c − a·b, in one rounding where the engine has it. */
  nmadd(a: Local, b: Local, c: Local): Local {
    if (this.ctx.features.relaxedSimd) return this.op(`${this.shape}.relaxed_nmadd`, a, b, c);
    return this.sub(c, this.mul(a, b));
  }

  /** A polynomial in x by Estrin's scheme: pairs of coefficients first, then Horner's rule in x². As many
   *  instructions as Horner's rule where x² is known, and half as long a chain. Coefficients from the
   *  highest power down. */
  poly(x: Local, coefficients: readonly number[], square: Local = this.mul(x, x)): Local {
    const even = coefficients.length % 2;
    let sum = even ? this.const(coefficients[0]) : null;
    for (let i = even; i < coefficients.length; i += 2) {
      const pair = this.madd(this.const(coefficients[i]), x, this.const(coefficients[i + 1]));
      sum = sum ? this.madd(sum, square, pair) : pair;
    }
    return sum!;
  }

  /** The bit of −0 in each lane. */
  signBit(): Local {
    return this.const(-0);
  }

  /** x with the sign of `sign`, for an x that has this sign or none. */
  withSignOf(x: Local, sign: Local): Local {
    return this.or(x, this.and(sign, this.signBit()));
  }
}
