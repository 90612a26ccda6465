// Runs random programs by the reference and compiled, and says how far apart the results may be.
//
// The bound comes from the program itself: the reference runs once as it is and several times with
// every element that its kernels read, compute or meet on the way disturbed by a random relative amount
// of up to δ, where δ = 64 units of rounding. As far as these runs stray from the undisturbed one, so far may
// compiled code stray, whose kernels round differently by a few units. (J. Vignes, "A stochastic
// arithmetic for reliable scientific computation", 1993.) A sum's bound so grows with Σ|terms|, and
// next to a jump the runs fall on both sides of it, so that no result is demanded there. The reference
// runs in double precision; programs with float32 in them are held against it with the δ of float32.
// So the tolerance is c·ε·Σ|terms| with c = 128, and nothing is demanded where it is more than 2⁻⁸ of the result's
// largest element; for programs of float64 alone, more than 10⁻¹⁰ of it. Where all runs agree on the sign of a
// zero, compiled code has to have it.
import { Generator, leavesOf, WengertError, type DType, type Tensor } from "@wengert/autograd";
import { reference, setExecutor, type Executor } from "@wengert/autograd/compiler";
import { compile } from "@wengert/compile";
import {
  elements,
  evaluate,
  randoms,
  scopeOf,
  tensorOf,
  type RandomProgram,
  type Source,
} from "./program.ts";
import { isFloat } from "./chooser.ts";
import { disturbed } from "./disturbed.ts";
import { sourceOf } from "./source.ts";

/** A tensor that a run has left behind. */
interface Result {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

type Step = (...args: Tensor[]) => unknown;

/** A program ready to be called, with the tensors that it holds on to, by name. */
export interface Prepared {
  readonly step: Step;
  readonly args: readonly Tensor[];
  readonly kept: readonly (readonly [string, Tensor])[];
}

const calls = 2;

/** Inputs of vmap have a batch in front. */
function batched(source: Source, { mode, batch }: RandomProgram): Source {
  if (mode !== "vmap" && mode !== "per example") return source;
  const random = randoms(source.data.length + 77);
  const more = Array.from({ length: batch - 1 }, () => elements(source, random, false));
  return { ...source, shape: [batch, ...source.shape], data: [source.data, ...more].flat() };
}

/** A program with tensors of its own; `isWide`: in double precision. */
export function prepare(program: RandomProgram, text: string, isWide = false): Prepared {
  const generator = new Generator(7);
  const scope = scopeOf(generator, isWide);
  const isTape = program.mode === "tape";
  const kept: [string, Tensor][] = [["the generator", generator.state]];
  const hold = (source: Source): Tensor => {
    const held = tensorOf(source, isWide);
    scope[source.name] = held;
    kept.push([source.name, held]);
    return held;
  };
  for (const cell of program.cells) hold(cell);
  const args: Tensor[] = [];
  for (const input of program.inputs) {
    if (isTape && isFloat(input)) hold(input).requiresGrad = true;
    else args.push(tensorOf(batched(input, program), isWide));
  }
  return { step: evaluate(isWide ? widened(text) : text, scope) as Step, args, kept };
}

/** Runs a program and collects what it returns and leaves in its cells. */
function run(
  program: RandomProgram,
  text: string,
  isWide: boolean,
  wrap: (step: Step) => Step,
): Result[] {
  const { step, args, kept } = prepare(program, text, isWide);
  const wrapped = wrap(step);
  const results: Result[] = [];
  for (let call = 1; call <= calls; call++) {
    for (const [i, tensor] of leavesOf(wrapped(...args)).entries()) {
      results.push(resultOf(`call ${call}, result ${i}`, tensor));
    }
    for (const [name, { grad }] of kept) {
      if (grad !== null) results.push(resultOf(`call ${call}, ${name}.grad`, grad));
    }
  }
  for (const [name, tensor] of kept) results.push(resultOf(`${name} at the end`, tensor));
  return results;
}

const widened = (text: string): string => text.replaceAll('"float32"', '"float64"');

const resultOf = (name: string, { dtype, shape, data }: Tensor): Result => ({
  name,
  dtype,
  shape,
  data,
});

const units = 64;
const deltaOf = (isSingle: boolean): number => units * (isSingle ? 2 ** -24 : 2 ** -53);
const disturbances = 4;
const plain = (step: Step): Step => step;

function runWith(
  executor: Executor,
  program: RandomProgram,
  text: string,
  isWide: boolean,
): Result[] {
  const before = setExecutor(executor);
  try {
    return run(program, text, isWide, plain);
  } finally {
    setExecutor(before);
  }
}

/** What was found: how many elements a statement was made about, and what is wrong. */
export interface Verdict {
  readonly compared: number;
  /** Elements of which nothing is demanded: jumps, and what rounding decides. */
  readonly undecided: number;
  readonly complaint: string | null;
}

const fine: Verdict = { compared: 0, undecided: 0, complaint: null };

/** What is demanded of a program, whoever runs it. */
export interface Demands {
  readonly text: string;
  readonly isSingle: boolean;
  /** What the reference computes, or refuses to. */
  readonly narrow: readonly Result[] | WengertError;
  /** The same in double precision. */
  readonly wide: readonly Result[];
  /** The same with disturbances. */
  readonly strays: readonly (readonly Result[])[];
}

/** Runs a program by the reference, several times. Null: there is nothing to run. */
export function demandsOf(program: RandomProgram): Demands | null {
  const text = sourceOf(program);
  if (text === null) return null;
  const isSingle =
    /float32|(uniform|normal)32/.test(text) ||
    [...program.inputs, ...program.cells].some(({ dtype }) => dtype === "float32");
  const delta = deltaOf(isSingle);
  let narrow: Result[];
  try {
    narrow = runWith(reference, program, text, false);
  } catch (error) {
    if (error instanceof WengertError) {
      return { text, isSingle, narrow: error, wide: [], strays: [] };
    }
    throw error;
  }
  const wide = isSingle ? runWith(reference, program, text, true) : narrow;
  const strays = Array.from({ length: disturbances }, (_, i) =>
    runWith(disturbed(delta, randoms(i + 1), i % 2 === 0 ? 0 : -0), program, text, true),
  );
  return { text, isSingle, narrow, wide, strays };
}

/** Runs a program compiled, and holds that against what is demanded: by default, it runs it by the
 *  reference, too. */
export function judge(
  program: RandomProgram,
  make: typeof compile = compile,
  demands: Demands | null = demandsOf(program),
): Verdict {
  if (demands === null) return fine;
  const { text, isSingle, narrow, wide, strays } = demands;
  // What eager code refuses, compiled code refuses, too.
  if (narrow instanceof WengertError) return refused(program, text, make, narrow);
  let got: Result[];
  try {
    got = run(program, text, false, (step) => make(step, { keepGrads: true }) as Step);
  } catch (error) {
    return { ...fine, complaint: `compiled code threw ${String((error as Error).stack)}` };
  }
  if (got.length !== narrow.length) {
    return { ...fine, complaint: `${got.length} results instead of ${narrow.length}` };
  }
  let [compared, undecided] = [0, 0];
  const complaints: string[] = [];
  got.forEach((result, r) => {
    const verdict = compareResult(
      result,
      narrow[r],
      wide[r],
      strays.map((run) => run[r]),
      isSingle,
    );
    compared += verdict.compared;
    undecided += verdict.undecided;
    if (verdict.complaint) complaints.push(verdict.complaint);
  });
  const complaint = complaints.length > 0 ? complaints.slice(0, 4).join("\n") : null;
  return { compared, undecided, complaint };
}

function refused(
  program: RandomProgram,
  text: string,
  make: typeof compile,
  reason: WengertError,
): Verdict {
  try {
    run(program, text, false, (step) => make(step, { keepGrads: true }) as Step);
  } catch (error) {
    if (error instanceof WengertError) return fine;
    return {
      ...fine,
      complaint: `eager code threw ${reason.message}; compiled code ${String(error)}`,
    };
  }
  return { ...fine, complaint: `only eager code threw ${reason.message}` };
}

function compareResult(
  got: Result,
  narrow: Result,
  wide: Result,
  strays: readonly Result[],
  isSingle: boolean,
): Verdict {
  const { name, dtype, shape, data } = got;
  if (dtype !== narrow.dtype || shape.join() !== narrow.shape.join()) {
    const [is, should] = [got, narrow].map((it) => `${it.dtype} [${it.shape.join()}]`);
    return { ...fine, complaint: `${name} is ${is} instead of ${should}` };
  }
  const delta = deltaOf(isSingle);
  const most = (isSingle ? 2 ** -8 : 1e-10) * largest(wide.data);
  let [compared, undecided] = [0, 0];
  let complaint: string | null = null;
  for (let i = 0; i < data.length; i++) {
    const want = wide.data[i];
    const spread = strays.reduce((far, stray) => Math.max(far, gap(stray.data[i], want)), 0);
    const own = Number.isFinite(want) ? delta * Math.abs(want) : 0;
    const bound = 2 * spread + own + tiny[dtype];
    if (!(bound <= most || bound <= tiny[dtype])) {
      undecided++;
      continue;
    }
    compared++;
    // In single precision the reference may overflow where it does not in double precision.
    const isClose = gap(data[i], want) <= bound || gap(data[i], narrow.data[i]) <= bound;
    if (complaint) continue;
    const signed = [want, narrow.data[i], ...strays.map((stray) => stray.data[i])];
    const isZero = want === 0 && signed.every((x) => Object.is(x, want));
    if (isZero && data[i] === 0 && !Object.is(data[i], want)) {
      complaint = `${name}[${i}] is ${showZero(data[i])} instead of ${showZero(want)}`;
    }
    if (isClose) continue;
    complaint = `${name}[${i}] is ${data[i]} instead of ${want} ± ${bound.toExponential(2)}`;
  }
  return { compared, undecided, complaint };
}

const showZero = (x: number): string => (Object.is(x, -0) ? "-0" : "0");

/** Where underflow begins to matter. */
const tiny: Record<DType, number> = { float32: 2 ** -120, float64: 2 ** -1000, int32: 0, bool: 0 };

/** |a − b|, and 0 for equal infinities and NaN. */
function gap(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}

const largest = (data: ArrayLike<number>): number =>
  Array.from(data).reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    0,
  );
