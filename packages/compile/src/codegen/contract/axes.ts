// A contraction in normal form: no axes of extent 1, neighbours joined that every array walks as one,
// and rows and columns of the product named by what they do for the generated code.
import type { Band } from "../../plan/band.ts";
import type { Contraction, ContractionAxis } from "../../plan/ir.ts";

/** An axis and the strides of everything that moves along it, in elements. `streams` are the
 *  epilogue's operands by number (the first one, the sum, has no memory), then its index values. */
export interface Axis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
  readonly streams: readonly number[];
  readonly label?: number;
  readonly band?: Band;
}

export interface Groups {
  readonly batch: readonly Axis[];
  readonly rows: readonly Axis[];
  readonly columns: readonly Axis[];
  readonly k: readonly Axis[];
}

export const sizeOf = (axes: readonly { readonly size: number }[]): number =>
  axes.reduce((product, { size }) => product * size, 1);

/** The contraction with m as rows, n as columns. */
export function groupsOf(c: Contraction): Groups {
  const { operands, instrs } = c.epilogue;
  const streams = [
    ...operands.map(({ strides }, i) => (i === 0 ? [] : strides)),
    ...instrs.map((instr) => (instr.kind === "index" ? instr.strides : [])),
  ];
  let dim = 0;
  const withStreams = (axes: readonly ContractionAxis[]): Axis[] =>
    axes.map((axis) => {
      const d = dim++;
      return { ...axis, streams: streams.map((strides) => strides[d] ?? 0) };
    });
  const [batch, m, n] = [withStreams(c.batch), withStreams(c.m), withStreams(c.n)];
  // A batch axis along which an operand does not move is one more axis of the other operand.
  return {
    batch: joined(batch.filter(({ a, b }) => a !== 0 && b !== 0)),
    rows: joined([...batch.filter(({ a, b }) => b === 0 && a !== 0), ...m]),
    columns: joined([...batch.filter(({ a }) => a === 0), ...n]),
    k: joined(c.k.map((axis) => ({ ...axis, streams: [] }))),
  };
}

/** The same product, transposed. */
export function transposed({ batch, rows, columns, k }: Groups): Groups {
  const swap = (axes: readonly Axis[]): Axis[] => axes.map((it) => ({ ...it, a: it.b, b: it.a }));
  return { batch: swap(batch), rows: swap(columns), columns: swap(rows), k: swap(k) };
}

/** The axes without those of extent 1; an axis joins a later one of which it is the continuation. */
function joined(axes: readonly Axis[]): Axis[] {
  const result = axes.filter(({ size }) => size !== 1);
  for (let i = 0; i < result.length; i++) {
    for (let j = 0; j < result.length; j++) {
      if (i === j || !continues(result[i], result[j])) continue;
      result[j] = { ...result[j], size: result[i].size * result[j].size };
      result.splice(i, 1);
      return joined(result);
    }
  }
  return result;
}

function continues(outer: Axis, inner: Axis): boolean {
  // A band looks at the indices of its two axes.
  if ([outer, inner].some(({ label, band }) => label !== undefined || band)) return false;
  const follows = (a: number, b: number): boolean => a === b * inner.size;
  return (
    follows(outer.a, inner.a) &&
    follows(outer.b, inner.b) &&
    outer.streams.every((stride, i) => follows(stride, inner.streams[i]))
  );
}

/** The stride of an operand through all the axes, row-major, or null if there is no single one. */
export function linearStride(axes: readonly Axis[], of: "a" | "b"): number | null {
  let stride: number | null = null;
  let expected = 0;
  for (const axis of [...axes].reverse()) {
    if (axis.size === 1) continue;
    if (stride === null) stride = axis[of];
    else if (axis[of] !== expected) return null;
    expected = axis[of] * axis.size;
  }
  return stride ?? 0;
}
