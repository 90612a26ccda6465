// What ops accept: operands of one dtype, JavaScript numbers that adopt it.
import type { Spec } from "../kernel/kernel.ts";
import { scalar } from "../tensor/create.ts";
import { describe, isFloat, type DType } from "../tensor/dtype.ts";
import { DTypeError, ValueError } from "../tensor/errors.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Which dtypes an op takes: floats; floats and int32; all; only bool; only int32. */
export type Accepts = "float" | "number" | "any" | "bool" | "int";

const accepted: Record<Accepts, (dtype: DType) => boolean> = {
  float: isFloat,
  number: (dtype) => dtype !== "bool",
  any: () => true,
  bool: (dtype) => dtype === "bool",
  int: (dtype) => dtype === "int32",
};

const words: Record<Accepts, string> = {
  float: "float32 or float64",
  number: "float32, float64 or int32",
  any: "any dtype",
  bool: "bool",
  int: "int32",
};

/** For functions that look at an argument before the op does. */
export function requireTensor(where: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) return;
  throw new ValueError({
    where,
    expected: "a tensor",
    got: describe(x),
    fix: "Make a tensor of it first: tensor(value).",
  });
}

/** The one dtype of all operands, which must be one that the op takes. `advice` is what else to do
 *  about another one than to cast. */
export function checkOperands(
  where: string,
  inputs: readonly Spec[],
  accepts: Accepts,
  advice = "",
): DType {
  const { dtype } = inputs[0];
  for (const other of inputs) {
    if (other.dtype === dtype) continue;
    throw new DTypeError({
      where,
      expected: "operands of one dtype",
      got: inputs.map((input) => input.dtype).join(" and "),
      fix: `Cast one of them, e.g. cast(x, "${isFloat(dtype) ? dtype : other.dtype}").`,
    });
  }
  if (accepted[accepts](dtype)) return dtype;
  throw new DTypeError({
    where,
    expected: words[accepts],
    got: dtype,
    fix: `${accepts === "bool" ? "Compare first, e.g. ne(x, 0)." : castHint(accepts)}${advice && ` ${advice}`}`,
  });
}

const castHint = (accepts: Accepts): string =>
  `Cast it first, e.g. cast(x, "${accepts === "int" ? "int32" : "float32"}").`;

/** Operands as tensors: numbers adopt the dtype of the tensors; numbers alone are float32, booleans
 *  alone are bool. */
export function operands(where: string, ...values: (Tensor | number | boolean)[]): Tensor[] {
  let dtype: DType | null = null;
  for (const value of values) {
    if (value instanceof Tensor) {
      dtype = value.dtype;
      break;
    }
  }
  dtype ??= values.every((value) => typeof value === "boolean") ? "bool" : "float32";
  return values.map((value) => asTensor(where, value, dtype));
}

function asTensor(where: string, value: unknown, dtype: DType): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === "number" || typeof value === "boolean") return scalar(where, value, dtype);
  throw new ValueError({
    where,
    expected: "a tensor or a number",
    got: describe(value),
    fix: "Make a tensor of it first: tensor(value).",
  });
}
