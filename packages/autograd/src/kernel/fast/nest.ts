// Loop nests over several strided operands at once.
import type { Shape } from "../../tensor/shape.ts";
import type { Source } from "./source.ts";

/** One loop: how often it turns, and how far each operand moves at a turn. */
export interface Loop {
  readonly size: number;
  readonly strides: readonly number[];
}

/** The loops over a shape, the outermost first; `strides[i]` are those of operand i. */
export const loopsOver = (shape: Shape, strides: readonly (readonly number[])[]): Loop[] =>
  coalesce(shape.map((size, axis) => ({ size, strides: strides.map((s) => s[axis]) })));

/** Drops loops of one turn, and makes one of two where each operand just walks on. */
export function coalesce(loops: readonly Loop[]): Loop[] {
  const result: Loop[] = [];
  for (const loop of loops) {
    if (loop.size === 1) continue;
    const outer = result.at(-1);
    if (outer?.strides.every((stride, i) => stride === loop.strides[i] * loop.size)) {
      result[result.length - 1] = { size: outer.size * loop.size, strides: loop.strides };
    } else {
      result.push(loop);
    }
  }
  return result;
}

/** The strides of an input that broadcasts to a shape: 0 where it repeats. */
export function broadcastStrides(
  from: { readonly shape: Shape; readonly strides: readonly number[] },
  shape: Shape,
): number[] {
  const lead = shape.length - from.shape.length;
  return shape.map((_, d) => (d < lead || from.shape[d - lead] === 1 ? 0 : from.strides[d - lead]));
}

export interface NestText {
  /** The variable that says where each operand stands; a nest moves these variables. */
  readonly pointers: readonly string[];
  /** What comes before the innermost loop: loads of what stays the same in it. */
  readonly before?: string;
  /** The innermost loop's body, where the operands' current places are these expressions. */
  readonly body: (at: readonly string[]) => string;
}

/** The loops as text. Pointers move with the outer loops and are never rewound: after an inner
 *  loop, an outer one adds what is missing to its own stride. The innermost loop adds its counter
 *  instead, which is a third faster in V8 than moving each pointer. */
export function nest(source: Source, loops: readonly Loop[], text: NestText, depth = 0): string {
  const { pointers, before = "", body } = text;
  if (loops.length === 0) return `${before} ${body(pointers)}`;
  const [{ size, strides }, ...inner] = loops;
  const i = `i${depth}`;
  const head = `for (let ${i} = 0, n = ${source.capture(size)}; ${i} < n; ${i}++)`;
  if (inner.length === 0) {
    const at = pointers.map((pointer, k) => placeText(source, pointer, i, strides[k]));
    return `${before} ${head} { ${body(at)} }`;
  }
  const moves = pointers.map((pointer, k) => {
    // Operands may share a pointer: it moves once.
    if (pointers.indexOf(pointer) < k) return "";
    const moved = inner.length > 1 ? inner[0].size * inner[0].strides[k] : 0;
    return advance(source, pointer, strides[k] - moved);
  });
  return `${head} {
    ${nest(source, inner, text, depth + 1)}
    ${moves.join(" ")}
  }`;
}

function placeText(source: Source, pointer: string, i: string, stride: number): string {
  if (stride === 0) return pointer;
  return stride === 1
    ? `${pointer} + ${i}`
    : `${pointer} + Math.imul(${i}, ${source.capture(stride)})`;
}

/** Moves a pointer by a number of elements, of which 0 and 1 stand in the text. `| 0` tells V8 that
 *  the pointer is a 32-bit integer. */
export function advance(source: Source, pointer: string, by: number): string {
  if (by === 0) return "";
  return `${pointer} = ${pointer} + ${by === 1 ? "1" : source.capture(by)} | 0;`;
}
