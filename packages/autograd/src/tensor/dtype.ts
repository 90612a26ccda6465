import { AllocationError, DTypeError, ValueError } from "./errors.ts";

/** The element types. `float32` is the default; `float64` is for checks and science. */
export type DType = "float32" | "float64" | "int32" | "bool";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface DTypeInfo {
  /** A small number that stands for the dtype in cache keys. */
  readonly code: number;
  readonly bytes: number;
  readonly isFloat: boolean;
  readonly array: new (length: number) => TypedArray;
}

const infos: Record<DType, DTypeInfo> = {
  float32: { code: 0, bytes: 4, isFloat: true, array: Float32Array },
  float64: { code: 1, bytes: 8, isFloat: true, array: Float64Array },
  int32: { code: 2, bytes: 4, isFloat: false, array: Int32Array },
  bool: { code: 3, bytes: 1, isFloat: false, array: Uint8Array },
};

export const dtypes = Object.keys(infos) as readonly DType[];

export const dtypeInfo = (dtype: DType): DTypeInfo => infos[dtype];

export const isFloat = (dtype: DType): boolean => infos[dtype].isFloat;

const maxElements = 2 ** 31 - 1;

/** A zero-filled typed array of the dtype. @throws AllocationError when the memory is not there. */
export function allocate(dtype: DType, length: number): TypedArray {
  try {
    // Loops count elements in 32 bits.
    if (length > maxElements) throw new RangeError(`more than ${maxElements} elements`);
    return new infos[dtype].array(length);
  } catch (error) {
    throw new AllocationError(
      {
        where: "allocate",
        expected: `${length} elements of ${dtype} (${length * infos[dtype].bytes} bytes) of memory`,
        got: String(error),
        fix: "Use smaller tensors or batches, or let go of tensors that are still referred to.",
      },
      { cause: error },
    );
  }
}

/** The dtype that a typed array holds, or null when tensors cannot hold it. */
export function dtypeOfArray(array: object): DType | null {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Int32Array) return "int32";
  return null;
}

export function checkDType(where: string, dtype: unknown): DType {
  if (typeof dtype === "string" && Object.hasOwn(infos, dtype)) return dtype as DType;
  throw new DTypeError({
    where,
    expected: `a dtype (${dtypes.join(", ")})`,
    got: typeof dtype === "string" ? dtype : describe(dtype),
    fix: "Name one of these dtypes.",
  });
}

/** A value for a message: what it is, and the value itself where that is short. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `the string ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object") return `an object (${value.constructor?.name ?? "Object"})`;
  const isPlain =
    typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
  return isPlain ? `the ${typeof value} ${value}` : `a ${typeof value}`;
}

/** Checks that a JavaScript number can be held exactly enough by the dtype, and returns it. */
export function checkNumber(where: string, value: unknown, dtype: DType): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number") {
    throw new ValueError({
      where,
      expected: "numbers or booleans",
      got: describe(value),
      fix: "Convert the values to numbers first; to put tensors together, use stack.",
    });
  }
  if (dtype === "int32" && !(Number.isInteger(value) && (value | 0) === value)) {
    throw new ValueError({
      where,
      expected: "integers between -2147483648 and 2147483647 for dtype int32",
      got: String(value),
      fix: 'Round the value, or use { dtype: "float32" }.',
    });
  }
  if (dtype === "bool" && value !== 0 && value !== 1) {
    throw new ValueError({
      where,
      expected: "true, false, 1 or 0 for dtype bool",
      got: String(value),
      fix: "Compare first, e.g. ne(x, 0).",
    });
  }
  return value;
}
