// map and scan: one scalar expression in a loop.
import { contiguousStrides } from "../../tensor/shape.ts";
import type { Layout } from "../../tensor/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { MapKernel, ScanKernel } from "../kernel.ts";
import { expressionText } from "./expression.ts";
import { compileRun, constant, inputsText, placeText } from "./frame.ts";
import { broadcastStrides, coalesce, loopsOver, nest, type Loop } from "./nest.ts";
import { literal, Source } from "./source.ts";
import { runByReference, type Run, type Task } from "./task.ts";

/** From this many elements on, arrays are rebased: one that starts elsewhere than its tensor is
 *  replaced by a part of it. Then offsets are constants, and operands that move alike share one
 *  index: V8 runs such a loop in two thirds of the time. */
const REBASED = 256;

export function prepareMap(task: Task<MapKernel>): Run {
  const { output } = task;
  if (output.size === 0) return constant(task);
  if (!task.mayGenerate) return runByReference(task);
  const source = new Source();
  const { text, rebased } = mapText(source, task, output);
  return compileRun(source, task, text, rebased);
}

/** The map written straight into a tensor: the value with number `target`, of this layout. */
export function prepareMapInto(task: Task<MapKernel>, target: number, layout: Layout): Run {
  const source = new Source();
  const { text, rebased } = mapText(source, task, layout);
  return source.compile(`(values) => {
    ${inputsText(source, task, rebased)}
    const target = values[${source.capture(target)}], storage = target.storage;
    ${placeText(source, "target", "out", "o", rebased)} // ${layout.dtype}
    ${text}
    storage.version++;
    return new ${source.capture(Tensor)}(${source.capture(layout)}, storage, target.offset);
  }`);
}

function mapText(source: Source, { kernel, inputs }: Task<MapKernel>, output: Layout) {
  const operands = inputs.map((layout) => broadcastStrides(layout, output.shape));
  const loops = loopsOver(output.shape, [output.strides, ...operands]);
  const goesBack = loops.some(({ strides }) => strides.some((stride) => stride < 0));
  const rebased = output.size >= REBASED && !goesBack;
  const names = inputs.map((_, i) => `v${i}`);
  const dtypes = inputs.map((layout) => layout.dtype);
  const { statements, result } = expressionText(source, kernel.expr, names, dtypes);
  const pointers = rebased ? sharedPointers(inputs, loops) : pointersOf(inputs);
  const { before, body } = loads(pointers, loops.at(-1));
  const text = nest(source, loops, {
    pointers,
    before,
    body: (at) => `${body(at)} ${statements} out[${at[0]}] = ${result};`,
  });
  return { text, rebased };
}

const pointersOf = (inputs: readonly unknown[]) => ["o", ...inputs.map((_, i) => `p${i}`)];

/** One pointer for all operands that move alike. */
function sharedPointers(inputs: readonly unknown[], loops: readonly Loop[]): string[] {
  const pointers = pointersOf(inputs);
  const moves = pointers.map((_, k) => loops.map(({ strides }) => strides[k]).join());
  return pointers.map((_, k) => pointers[moves.indexOf(moves[k])]);
}

/** Loads of the inputs, those outside of the innermost loop that it does not move. */
function loads(pointers: readonly string[], innermost: Loop | undefined) {
  const load = (i: number, at: string) => `const v${i} = x${i}[${at}];`;
  const fixed: number[] = [];
  const moving: number[] = [];
  for (let i = 0; i + 1 < pointers.length; i++) {
    (innermost?.strides[i + 1] === 0 ? fixed : moving).push(i);
  }
  return {
    before: fixed.map((i) => load(i, pointers[i + 1])).join(" "),
    body: (at: readonly string[]) => moving.map((i) => load(i, at[i + 1])).join(" "),
  };
}

/** The loop along the axis is the innermost one, as the carry runs along it. */
export function prepareScan(task: Task<ScanKernel>): Run {
  const { kernel, inputs, output } = task;
  if (output.size === 0) return constant(task);
  if (!task.mayGenerate) return runByReference(task);
  const { axis, reverse } = kernel;
  const direction = reverse ? -1 : 1;
  const strides = [contiguousStrides(output.shape), ...inputs.map((layout) => layout.strides)];
  const around = output.shape.map((size, d) => ({ size, strides: strides.map((s) => s[d]) }));
  const [along] = around.splice(axis, 1);
  const innermost = { ...along, strides: along.strides.map((stride) => direction * stride) };
  const loops = [...coalesce(around), innermost];

  const source = new Source();
  const pointers = pointersOf(inputs);
  const { statements, result } = expressionText(
    source,
    kernel.expr,
    ["carry", ...inputs.map((_, i) => `v${i}`)],
    [output.dtype, ...inputs.map((layout) => layout.dtype)],
  );
  const starts = pointers.map((pointer, i) => {
    const start = reverse ? (along.size - 1) * along.strides[i] : 0;
    return `${pointer} = ${pointer} + ${source.capture(start)} | 0;`;
  });
  const { before, body } = loads(pointers, innermost);
  const text = nest(source, loops, {
    pointers,
    before: `${before} let carry = ${literal(kernel.init)};`,
    body: (at) => `${body(at)} ${statements} carry = ${result}; out[${at[0]}] = carry;`,
  });
  return compileRun(source, task, `${starts.join(" ")} ${text}`);
}
