// reduce and argReduce: loops in the order of memory, sums in blocks.
import { isFloat, type DType } from "../../tensor/dtype.ts";
import type { Layout } from "../../tensor/layout.ts";
import type { ArgReduceKernel, ReduceKernel } from "../kernel.ts";
import { compileRun, constant } from "./frame.ts";
import { advance, coalesce, nest, type Loop } from "./nest.ts";
import { literal, Source } from "./source.ts";
import { runByReference, type Run, type Task } from "./task.ts";

/** Elements of a block. Blocks are folded each on their own (by four accumulators), then blocks of
 *  blocks: the error of a sum grows with the length of one block, and hardly with the whole. */
const BLOCK = 512;
/** Columns that are folded at one time: their accumulators stay in the first-level cache. */
const TILE = 1024;

const floatTotals = new Float64Array(TILE);
const floatParts = new Float64Array(TILE);
const intTotals = new Int32Array(TILE);
const intParts = new Int32Array(TILE);

type Op = ReduceKernel["op"];

interface Fold {
  readonly init: number;
  readonly of: (a: string, b: string) => string;
}

const max = (a: string, b: string) => `Math.max(${a}, ${b})`;
const min = (a: string, b: string) => `Math.min(${a}, ${b})`;

const floatFolds: Record<Op, Fold> = {
  sum: { init: 0, of: (a, b) => `(${a} + ${b})` },
  prod: { init: 1, of: (a, b) => `(${a} * ${b})` },
  max: { init: -Infinity, of: max },
  min: { init: Infinity, of: min },
};

/** The extrema start from integers, so that no accumulator becomes a float. */
const intFolds: Record<Op, Fold> = {
  sum: { init: 0, of: (a, b) => `(${a} + ${b} | 0)` },
  prod: { init: 1, of: (a, b) => `Math.imul(${a}, ${b})` },
  max: { init: -(2 ** 31), of: max },
  min: { init: 2 ** 31 - 1, of: min },
};

export function prepareReduce(task: Task<ReduceKernel>): Run {
  const { kernel, inputs, output } = task;
  const [x] = inputs;
  if (x.size === 0) return constant(task, floatFolds[kernel.op].init);
  if (!task.mayGenerate) return runByReference(task);
  const { kept, reduced } = splitLoops(x, kernel.axes, output.strides);
  const fold = (isFloat(x.dtype) ? floatFolds : intFolds)[kernel.op];
  const source = new Source();
  const columns = kept.at(-1);
  const rows = reduced.at(-1);
  // The innermost loop should be the one with the smallest steps through memory.
  const byColumns = columns && rows && Math.abs(columns.strides[0]) < Math.abs(rows.strides[0]);
  const body = byColumns
    ? columnsText(source, kept, reduced, fold, x.dtype)
    : runsText(source, kept, reduced, fold);
  return compileRun(source, task, body);
}

/** The loops over the kept axes (operands: input, output) and over the reduced ones (input), each
 *  from large steps in memory to small ones. */
function splitLoops(x: Layout, axes: readonly number[], outStrides: readonly number[]) {
  const kept: Loop[] = [];
  const reduced: Loop[] = [];
  x.shape.forEach((size, axis) => {
    const stride = x.strides[axis];
    if (axes.includes(axis)) reduced.push({ size, strides: [stride] });
    else kept.push({ size, strides: [stride, outStrides[kept.length]] });
  });
  const order = (a: Loop, b: Loop) => Math.abs(b.strides[0]) - Math.abs(a.strides[0]);
  return { kept: coalesce(kept.toSorted(order)), reduced: coalesce(reduced.toSorted(order)) };
}

/** One output after the other; the innermost loop runs along a reduced axis. */
function runsText(source: Source, kept: readonly Loop[], reduced: Loop[], fold: Fold): string {
  const { of } = fold;
  const init = literal(fold.init);
  const { size, strides } = reduced.at(-1) ?? { size: 1, strides: [0] };
  const next = advance(source, "r", strides[0]);
  const fours = ["a0", "a1", "a2", "a3"].map((a) => `${a} = ${of(a, "x0[r]")}; ${next}`);
  const run = ([q]: readonly string[]) => `
    let r = ${q} | 0;
    for (let left = ${source.capture(size)}; left > 0; left -= ${BLOCK}) {
      const count = left < ${BLOCK} ? left : ${BLOCK};
      let a0 = ${init}, a1 = ${init}, a2 = ${init}, a3 = ${init}, i = 0;
      for (const end = count - 3; i < end; i += 4) {
        ${fours.join(" ")}
      }
      for (; i < count; i++) {
        ${fours[0]}
      }
      part = ${of("part", of(of("a0", "a1"), of("a2", "a3")))};
      if (++blocks === ${BLOCK}) {
        total = ${of("total", "part")};
        part = ${init};
        blocks = 0;
      }
    }`;
  return nest(source, kept, {
    pointers: ["p0", "o"],
    body: ([p, o]) => `
      let total = ${init}, part = ${init}, blocks = 0, q = ${p} | 0;
      ${nest(source, reduced.slice(0, -1), { pointers: ["q"], body: run }, kept.length)}
      out[${o}] = ${of("total", "part")};`,
  });
}

/** A row of outputs at one time; the innermost loop runs along a kept axis, over accumulators. */
function columnsText(
  source: Source,
  kept: Loop[],
  reduced: Loop[],
  { init, of }: Fold,
  dtype: DType,
): string {
  const columns = kept.at(-1)!;
  const rows = reduced.at(-1)!;
  const [column, outColumn] = columns.strides;
  const row = rows.strides[0];
  const arrays = isFloat(dtype) ? [floatTotals, floatParts] : [intTotals, intParts];
  const [totals, parts] = arrays.map((array) => source.capture(array));
  const start = literal(init);
  const next = ["r0", "r1", "r2", "r3"].map((r) => advance(source, r, column));
  const width = source.capture(columns.size);
  const [columnStep, outStep, rowStep] = [column, outColumn, row].map((s) => source.capture(s));
  const four = of(of("x0[r0]", "x0[r1]"), of("x0[r2]", "x0[r3]"));
  const run = ([q]: readonly string[]) => `
    let r = ${q} | 0;
    for (let left = ${source.capture(rows.size)}; left > 0; left -= ${BLOCK}) {
      const count = left < ${BLOCK} ? left : ${BLOCK};
      for (let j = 0; j < width; j++) parts[j] = ${start};
      let i = 0;
      for (const end = count - 3; i < end; i += 4) {
        let r0 = r, r1 = r0 + ${rowStep} | 0, r2 = r1 + ${rowStep} | 0, r3 = r2 + ${rowStep} | 0;
        r = r3 + ${rowStep} | 0;
        for (let j = 0; j < width; j++) {
          parts[j] = ${of("parts[j]", four)};
          ${next.join(" ")}
        }
      }
      for (; i < count; i++) {
        let r0 = r;
        r = r + ${rowStep} | 0;
        for (let j = 0; j < width; j++) {
          parts[j] = ${of("parts[j]", "x0[r0]")};
          ${next[0]}
        }
      }
      for (let j = 0; j < width; j++) totals[j] = ${of("totals[j]", "parts[j]")};
    }`;
  return nest(source, kept.slice(0, -1), {
    pointers: ["p0", "o"],
    body: ([p, o]) => `
      const totals = ${totals}, parts = ${parts};
      for (let c = 0; c < ${width}; c += ${TILE}) {
        const width = Math.min(${TILE}, ${width} - c);
        for (let j = 0; j < width; j++) totals[j] = ${start};
        let q = ${p} + c * ${columnStep} | 0;
        ${nest(source, reduced.slice(0, -1), { pointers: ["q"], body: run }, kept.length)}
        let w = ${o} + c * ${outStep} | 0;
        for (let j = 0; j < width; j++) {
          out[w] = totals[j];
          ${advance(source, "w", outColumn)}
        }
      }`,
  });
}

/** The first NaN wins: nothing is greater or smaller, and it ends the search. */
export function prepareArgReduce(task: Task<ArgReduceKernel>): Run {
  const { kernel, inputs, output } = task;
  const [x] = inputs;
  if (x.size === 0) return constant(task);
  if (!task.mayGenerate) return runByReference(task);
  const { kept } = splitLoops(x, [kernel.axis], output.strides);
  const source = new Source();
  const wins = kernel.op === "max" ? "candidate > champion" : "candidate < champion";
  const body = nest(source, kept, {
    pointers: ["p0", "o"],
    body: ([p, o]) => `
      let q = ${p} | 0, best = 0, champion = x0[q];
      for (let i = 1, n = ${source.capture(x.shape[kernel.axis])}; i < n; i++) {
        if (champion !== champion) break;
        q = q + ${source.capture(x.strides[kernel.axis])} | 0;
        const candidate = x0[q];
        if (${wins} || candidate !== candidate) {
          best = i;
          champion = candidate;
        }
      }
      out[${o}] = best;`,
  });
  return compileRun(source, task, body);
}
