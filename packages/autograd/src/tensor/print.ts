// NumPy's way of printing arrays.
import type { TypedArray } from "./dtype.ts";
import type { Layout } from "./layout.ts";

/** Tensors of more elements than this are abbreviated to `edge` entries at both ends of an axis. */
const threshold = 1000;
const edge = 3;
const lineWidth = 75;
const precision = 4;
const prefix = "tensor(";

/** Reads only the elements that it shows, however large the tensor is. */
export function formatTensor(
  data: TypedArray,
  layout: Layout,
  offset: number,
  extra: string,
): string {
  const { shape, strides, dtype, size } = layout;
  const abbreviate = size > threshold;
  const shown = (axis: number): number[] => {
    const n = shape[axis];
    if (abbreviate && n > 2 * edge) return [0, 1, 2, -1, n - 3, n - 2, n - 1];
    return Array.from({ length: n }, (_, i) => i);
  };
  const values: number[] = [];
  const collect = (axis: number, at: number): void => {
    if (axis === shape.length) values.push(data[at]);
    else for (const i of shown(axis)) if (i >= 0) collect(axis + 1, at + i * strides[axis]);
  };
  if (size > 0) collect(0, offset);
  const format = formatter(values, dtype);
  const width = largestOf(values, (value) => format(value).length);

  const build = (axis: number, at: number, indent: number): string => {
    if (axis === shape.length) return format(data[at]).padStart(shape.length === 0 ? 0 : width);
    const parts = shown(axis).map((i) =>
      i < 0 ? "..." : build(axis + 1, at + i * strides[axis], indent + 1),
    );
    const pad = " ".repeat(indent + 1);
    if (axis < shape.length - 1) {
      const blankLines = "\n".repeat(shape.length - 1 - axis);
      return `[${parts.join(`,${blankLines}${pad}`)}]`;
    }
    return `[${wrap(parts, pad)}]`;
  };
  const body = size === 0 ? "[]" : build(0, offset, prefix.length);
  const empty = size === 0 ? `, shape=[${shape.join(", ")}]` : "";
  const type = dtype === "float32" ? "" : `, dtype=${dtype}`;
  return `${prefix}${body}${empty}${type}${extra})`;
}

function wrap(parts: readonly string[], pad: string): string {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const next = line === "" ? part : `${line}, ${part}`;
    if (line !== "" && pad.length + next.length > lineWidth) {
      lines.push(line);
      line = part;
    } else line = next;
  }
  lines.push(line);
  return lines.join(`,\n${pad}`);
}

const largestOf = (values: readonly number[], size: (value: number) => number): number =>
  values.reduce((largest, value) => Math.max(largest, size(value)), 0);

/** One format for all of the numbers, so that columns align. */
function formatter(values: readonly number[], dtype: Layout["dtype"]): (value: number) => string {
  if (dtype === "bool") return (value) => (value ? "true" : "false");
  if (dtype === "int32") return String;
  const finite = values.filter(Number.isFinite);
  const special = (value: number): string | null =>
    Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : null;
  if (finite.every(Number.isInteger) && finite.every((v) => Math.abs(v) < 1e8)) {
    return (value) => special(value) ?? `${Object.is(value, -0) ? "-0" : value}.`;
  }
  const magnitudes = finite.filter((v) => v !== 0).map(Math.abs);
  const largest = magnitudes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = magnitudes.reduce((a, b) => Math.min(a, b), Infinity);
  if (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1e3 * 10 ** precision) {
    const digits = largestOf(finite, mantissaDecimals);
    return (value) => special(value) ?? exponential(value, digits);
  }
  const digits = largestOf(finite, decimals);
  return (value) => special(value) ?? `${value.toFixed(digits)}${digits === 0 ? "." : ""}`;
}

/** As NumPy: at least two digits of exponent, so that columns align. */
function exponential(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  const size = exponent.slice(1).padStart(2, "0");
  return `${mantissa}${digits === 0 ? "." : ""}e${exponent[0]}${size}`;
}

/** How many decimals a number's mantissa needs, at most `precision`. */
function mantissaDecimals(value: number): number {
  const [mantissa] = value.toExponential(precision).split("e");
  return decimals(Number(mantissa));
}

/** How many decimals a number needs, at most `precision`. */
function decimals(value: number): number {
  const text = value.toFixed(precision).replace(/0+$/, "");
  return text.length - text.indexOf(".") - 1;
}
