// A repeated body as one op, and its rules. Everything is a scan again: tangents ride beside the
// carries, cotangents in a scan that runs the other way, batches in front of the slices.
import { bind, keyOfAttrs, programOf } from "../op/bind.ts";
import type { Attrs } from "../op/attrs.ts";
import { KernelBuilder } from "../kernel/builder.ts";
import type { Program, Spec } from "../kernel/kernel.ts";
import type { Op, Saved } from "../op/op.ts";
import { zerosLike } from "../op/rules.ts";
import { expand, permute } from "../ops/move.ts";
import { add } from "../ops/pointwise.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tangentsOf } from "./forward.ts";
import { outputSpecs, runProgram, type OpProgram } from "./program.ts";
import { pullbackOf } from "./reverse.ts";
import { batchOf } from "./vmap.ts";
import { abstractly } from "./witness.ts";

type Tensors = readonly Tensor[];

/** What a turn does: from carries, slices and constants to carries and slices. */
export type Body = (
  carries: Tensors,
  xs: Tensors,
  constants: Tensors,
) => readonly [carries: Tensors, ys: Tensors];

export interface ScanAttrs {
  readonly length: number;
  readonly reverse: boolean;
}

export interface ScanCall extends ScanAttrs {
  readonly carries: Tensors;
  readonly xs: Tensors;
  /** What each turn is given beside them; what the body closes over is added. */
  readonly constants: Tensors;
  /** Whether the carries that each turn was given are wanted, too. Default: where someone may
   *  differentiate. */
  readonly saves?: boolean;
}

export interface ScanResult {
  readonly carries: Tensors;
  readonly ys: Tensors;
  /** Of each turn the carries that it was given; none where they were not wanted. */
  readonly saved: Tensors;
}

/** Writes the body down and calls the scan. */
export function callScan(where: string, call: ScanCall, body: Body): ScanResult {
  const { carries, xs, constants, length, reverse } = call;
  const specs: Spec[] = [
    ...carries.map((x) => x.layout),
    ...xs.map(({ layout: { shape, dtype } }) => ({ shape: shape.slice(1), dtype })),
    ...constants.map((x) => x.layout),
  ];
  const written = abstractly(where, specs, (inputs) => {
    const [next, ys] = body(
      inputs.slice(0, carries.length),
      inputs.slice(carries.length, carries.length + xs.length),
      inputs.slice(carries.length + xs.length),
    );
    return [...next, ...ys];
  });
  const inputs = [...carries, ...xs, ...constants, ...written.captured];
  const saves = call.saves ?? inputs.some((x) => x.box !== null || x.requiresGrad);
  const form = { carries: carries.length, xs: xs.length, saves };
  const outputs = bind(opFor(written.program, form), inputs, { length, reverse });
  return split(outputs, form);
}

interface Form {
  readonly carries: number;
  readonly xs: number;
  readonly saves: boolean;
}

function split<T>(outputs: readonly T[], { carries, saves }: Form) {
  const end = saves ? outputs.length - carries : outputs.length;
  return {
    carries: outputs.slice(0, carries),
    ys: outputs.slice(carries, end),
    saved: outputs.slice(end),
  };
}

/** Equal bodies are one op, so that plans are found again. */
let ops = new Map<string, Op>();
const numbers = new WeakMap<Op, number>();
let count = 0;

function opFor(program: OpProgram, form: Form): Op {
  // Composite ops are made anew at each call.
  if (program.calls.some(({ inline }) => inline !== null)) return makeOp(program, form);
  const key = `${form.carries} ${form.xs} ${form.saves} ${keyOf(program)}`;
  let op = ops.get(key);
  if (!op) {
    if (ops.size >= 256) ops = new Map();
    ops.set(key, (op = makeOp(program, form)));
  }
  return op;
}

function keyOf({ inputs, calls, outputs }: OpProgram): string {
  const lines = calls.map(({ op, attrs, inputs: ids, isPaused }) => {
    let number = numbers.get(op);
    if (number === undefined) numbers.set(op, (number = ++count));
    return `${number}(${ids.join()})${keyOfAttrs(op, attrs)}${isPaused ? "!" : ""}`;
  });
  return [...inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`), ...lines, outputs].join(
    "\n",
  );
}

function makeOp(program: OpProgram, form: Form): Op {
  const { carries, saves } = form;
  const own = outputSpecs(program);
  const stacked = ({ shape, dtype }: Spec, length: number): Spec => ({
    shape: [length, ...shape],
    dtype,
  });
  const shape = (length: number): Spec[] => [
    ...own.slice(0, carries),
    ...own.slice(carries).map((spec) => stacked(spec, length)),
    ...(saves ? program.inputs.slice(0, carries).map((spec) => stacked(spec, length)) : []),
  ];
  let kernels: Program | null = null;
  const op: Op = {
    name: "scan",
    arity: "variadic",
    broadcasts: false,
    shape: (_, attrs) => shape((attrs as unknown as ScanAttrs).length),
    body: (k, inputs, attrs) => {
      const { length, reverse } = attrs as unknown as ScanAttrs;
      kernels ??= kernelsOf(withSaved(program, form));
      return k.repeat(inputs, {
        body: kernels,
        carries,
        xs: form.xs,
        length,
        reverse,
        outputs: shape(length),
      });
    },
    vjp: vjpOf(program, form),
    jvp: (tangents, saved) => pushForward(program, form, tangents, saved),
    batch: (call) => batched(program, form, call),
    compute: null,
    samples: notAsked,
    reference: notAsked,
    plans: { executor: null, plans: new Map() },
  };
  return op;
}

function notAsked(): never {
  throw new Error("a scan is checked as a whole, by its function");
}

/** What a turn was given is a further slice that it makes. */
const withSaved = (program: OpProgram, { carries, saves }: Form): OpProgram =>
  saves
    ? { ...program, outputs: [...program.outputs, ...Array.from({ length: carries }, (_, i) => i)] }
    : program;

/** A program of ops as one of kernels. */
function kernelsOf({ inputs, calls, outputs }: OpProgram): Program {
  const builder = new KernelBuilder("scan", inputs);
  const values = [...builder.inputs];
  for (const { op, attrs, inputs: ids, inline } of calls) {
    const chosen = (inline?.inputs ?? ids).map((id) => values[id]);
    const program = inline ? kernelsOf(inline.program) : programOf(op, chosen, attrs);
    values.push(...builder.append(program, chosen));
  }
  return builder.finish(outputs.map((id) => values[id]));
}

/** Inputs of the op by what they are. */
function parts<T>(list: readonly T[], { carries, xs }: Form) {
  return {
    carries: list.slice(0, carries),
    xs: list.slice(carries, carries + xs),
    constants: list.slice(carries + xs),
  };
}

const inputsOf = (saved: Saved): Tensor[] =>
  Array.from({ length: saved.count }, (_, i) => saved.input(i));

const scanAttrs = (saved: Saved): ScanAttrs => saved.attrs as unknown as ScanAttrs;

/** Takes the lists of a turn that belong together from one list, in order. */
function dealer<T>(list: readonly T[]) {
  let next = 0;
  return (wanted: readonly boolean[]): (T | null)[] =>
    wanted.map((isWanted) => (isWanted ? list[next++] : null));
}

const present = <T>(list: readonly (T | null)[]): T[] => list.filter((x): x is T => x !== null);

/** (ḣ', ẏ) = D body · (ḣ, ẋ, ċ): one scan for values and tangents. All carries that can move do. */
function pushForward(
  program: OpProgram,
  form: Form,
  tangents: readonly (Tensor | null)[],
  saved: Saved,
): (Tensor | null)[] {
  const inputs = parts(inputsOf(saved), form);
  const given = parts(tangents, form);
  const moves = inputs.carries.map((x) => isFloat(x.dtype));
  const moving = inputs.carries.map((x, i) =>
    moves[i] ? (given.carries[i] ?? zerosLike(x.layout)) : null,
  );
  const flags = {
    xs: given.xs.map((t) => t !== null),
    constants: given.constants.map((t) => t !== null),
  };
  const { length: n } = inputs.carries;
  let yMoves: boolean[] = [];
  const result = callScan(
    "jvp of scan",
    {
      carries: [...inputs.carries, ...present(moving)],
      xs: [...inputs.xs, ...present(given.xs)],
      constants: [...inputs.constants, ...present(given.constants)],
      ...scanAttrs(saved),
      saves: form.saves,
    },
    (carries, xs, constants) => {
      const [h, x, c] = [
        carries.slice(0, n),
        xs.slice(0, form.xs),
        constants.slice(0, inputs.constants.length),
      ];
      const dots = [
        ...dealer(carries.slice(n))(moves),
        ...dealer(xs.slice(form.xs))(flags.xs),
        ...dealer(constants.slice(c.length))(flags.constants),
      ];
      const run = (leaves: Tensors) => runProgram(program, leaves);
      const [outs, outDots] = tangentsOf(run, [...h, ...x, ...c], dots);
      const next = outs
        .slice(0, n)
        .flatMap((y, i) => (moves[i] ? [outDots[i] ?? zerosLike(y.layout)] : []));
      const yDots = outDots.slice(n);
      yMoves = yDots.map((t) => t !== null);
      return [
        [...outs.slice(0, n), ...next],
        [...outs.slice(n), ...present(yDots)],
      ];
    },
  );
  const ys = yMoves.length;
  return [
    ...dealer(result.carries.slice(n))(moves),
    ...dealer(result.ys.slice(ys))(yMoves),
    ...(form.saves ? dealer(result.saved.slice(n))(moves) : []),
  ];
}

/** The rule for all inputs at once, remembered while the engine asks for one after another. */
function vjpOf(program: OpProgram, form: Form): Op["vjp"] {
  const answers = new WeakMap<object, readonly (Tensor | null)[]>();
  return (_, saved, input, all) => {
    let answer = answers.get(all);
    if (!answer) answers.set(all, (answer = pullBack(program, form, saved, all)));
    return answer[input];
  };
}

/**
 * The adjoint runs the other way, from the carries that were saved: with (h̄', ȳ) of a turn's results
 * (h̄, x̄, c̄ₜ) = (D body)ᵀ · (h̄', ȳ), where h̄ is the next carry, x̄ a slice, and c̄ the sum of the c̄ₜ.
 */
function pullBack(
  program: OpProgram,
  form: Form,
  saved: Saved,
  all: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const inputs = parts(inputsOf(saved), form);
  const states = form.saves
    ? inputs.carries.map((_, i) => saved.output(saved.outputCount - form.carries + i))
    : callScan("scan", { ...inputs, ...scanAttrs(saved), saves: true }, bodyOf(program, form))
        .saved;
  const g = split(
    Array.from({ length: saved.outputCount }, (_, i) => all[i] ?? null),
    form,
  );
  const wanted = parts(
    inputsOf(saved).map((x, i) => isFloat(x.dtype) && (i < form.carries || saved.needs(i))),
    form,
  );
  const n = inputs.carries.filter((_, i) => wanted.carries[i]).length;
  const zeros = (list: Tensors, flags: readonly boolean[], given: readonly (Tensor | null)[]) =>
    list.flatMap((x, i) => (flags[i] ? [given[i] ?? zerosLike(x.layout)] : []));
  const flags = { ys: g.ys.map((y) => y !== null), saved: g.saved.map((s) => s !== null) };
  const [first, second] = [form.carries, form.carries + form.xs];
  const { length, reverse } = scanAttrs(saved);
  const result = callScan(
    "backward of scan",
    {
      carries: [
        ...zeros(inputs.carries, wanted.carries, g.carries),
        ...zeros(inputs.constants, wanted.constants, []),
      ],
      xs: [...states, ...inputs.xs, ...present(g.ys), ...present(g.saved)],
      constants: inputs.constants,
      length,
      reverse: !reverse,
    },
    (bars, slices, constants) => {
      const hBars = dealer(bars.slice(0, n))(wanted.carries);
      const deal = dealer(slices.slice(second));
      const [yBars, stateBars] = [deal(flags.ys), deal(flags.saved)];
      const all = [...wanted.carries, ...wanted.xs, ...wanted.constants];
      const [, pull] = pullbackOf(
        (leaves) => runProgram(program, leaves),
        [...slices.slice(0, second), ...constants],
        (i) => all[i],
      );
      const grads = pull([...hBars, ...yBars]);
      const next = grads.slice(0, first).flatMap((h, i) => {
        if (!wanted.carries[i]) return [];
        const bar = h ?? zerosLike(slices[i].layout);
        const state = stateBars[i] ?? null;
        return [state ? add(bar, state) : bar];
      });
      const sums = grads.slice(second).flatMap((c, i) => (wanted.constants[i] ? [c] : []));
      const xBars = grads
        .slice(first, second)
        .flatMap((x, i) => (wanted.xs[i] ? [x ?? zerosLike(slices[first + i].layout)] : []));
      return [[...next, ...sums.map((c, i) => (c ? add(bars[n + i], c) : bars[n + i]))], xBars];
    },
  );
  return [
    ...dealer(result.carries.slice(0, n))(wanted.carries),
    ...dealer(result.ys)(wanted.xs),
    ...dealer(result.carries.slice(n))(wanted.constants),
  ];
}

const bodyOf =
  (program: OpProgram, form: Form): Body =>
  (carries, xs, constants) => {
    const outputs = runProgram(program, [...carries, ...xs, ...constants]);
    return [outputs.slice(0, form.carries), outputs.slice(form.carries)];
  };

/** Slices have the batch in front, so stacks have it second; all carries have one. */
function batched(
  program: OpProgram,
  form: Form,
  call: { inputs: Tensors; batched: readonly boolean[]; size: number; attrs: Attrs },
): Tensors {
  const { size } = call;
  const inputs = parts(call.inputs, form);
  const flags = parts(call.batched, form);
  const { length: n } = inputs.carries;
  const result = callScan(
    "vmap of scan",
    {
      carries: inputs.carries.map((x, i) =>
        flags.carries[i] ? x : (expand(x, [size, ...x.layout.shape]) as Tensor),
      ),
      xs: inputs.xs.map((x, i) => (flags.xs[i] ? swapFirst(x) : x)),
      constants: inputs.constants,
      ...(call.attrs as unknown as ScanAttrs),
      saves: form.saves,
    },
    (carries, xs, constants) => {
      const all = [...flags.carries.map(() => true), ...flags.xs, ...flags.constants];
      const leaves = [...carries, ...xs, ...constants];
      const run = (leaves: Tensors) => runProgram(program, leaves);
      // What the engine added to the constants has no batch.
      const outputs = batchOf(run, leaves, all, size) as Tensor[];
      return [outputs.slice(0, n), outputs.slice(n)];
    },
  );
  return [...result.carries, ...result.ys.map(swapFirst), ...result.saved.map(swapFirst)];
}

const swapFirst = (x: Tensor): Tensor =>
  permute(x, [1, 0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2)]) as Tensor;
