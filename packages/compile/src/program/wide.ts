// Vectors of 256 bits. WebAssembly's have 128, but V8 has a pass that makes one instruction of two neighbouring ones
// (its "revectorizer", by Intel; AVX2 processors). V8 calls it experimental, and with reason: in Node 24 it gets some of
// our other functions wrong. So it compiles one module alone, the inner loops of products, and these are tried:
// each must give the same bits as it does compiled without.
import { wideForms, wideLibraries } from "../codegen/contract/wide.ts";
import { formName, type MicroForm } from "../codegen/contract/micro.ts";
import { features } from "../run/features.ts";
import { heap } from "../run/heap.ts";
import { compileModule } from "../run/instance.ts";
import { instanceOf, type Library } from "../run/library.ts";
import { now, withV8Flags, type WasmFunction } from "../run/platform.ts";
import { threadPool } from "../run/pool.ts";

let isOn = false;
let isAble: boolean | undefined;

/**
 * Whether products of float32 matrices may use vectors of 256 bits instead of WebAssembly's 128, in functions that
 * are compiled from now on, and in eager code that borrows their kernels. Returns whether they may: `false` where that
 * cannot be had (browsers; Node before 24; processors without AVX2).
 *
 * It is off unless asked for, since V8 calls its part of it experimental (`--experimental-wasm-revectorize`). The first call
 * takes some 60 ms. For about half of them, while the inner loops of products are compiled, V8 has that flag, and what other
 * WebAssembly it happens to compile then, for other threads or since it has run often, it compiles so, too: so call it first.
 * Each of the loops is then compared, bit by bit, with what it gives when it is compiled as usual: if any differs, the
 * answer is `false`. Other threads of a process that call it should do so one after the other.
 *
 * A result may differ in its last bits from the one with narrow vectors, as a sum may be cut differently. Where the answer
 * is the same, it is the same for any number of threads and in any run.
 *
 * @example
 * import { compile, setWideVectors } from "@wengert/compile";
 * setWideVectors(true); // first, then compile
 * @throws CompiledProgramError while a compiled function runs
 */
export function setWideVectors(isWanted: boolean): boolean {
  threadPool().expectIdle("setWideVectors");
  return (isOn = isWanted && (isAble ??= prepare()));
}

/** Whether functions that are compiled now use them. */
export const hasWideVectors = (): boolean => isOn;

const engine = { v8: 13, arch: "x64" } as const;
/** Optimised at once: later the flag is not set any more. */
const atOnce = [
  ["liftoff", false],
  ["wasm-lazy-compilation", false],
] as const;
const wide = ["experimental-wasm-revectorize", true] as const;

/** Whether there are wide kernels now. `make` is another one in tests. */
export function prepare(make = wideLibraries): boolean {
  const isKnown = withV8Flags(engine, [], () => features().relaxedSimd);
  if (!isKnown) return false;
  const { limits } = heap();
  const [bytes, same] = make(limits, wideForms);
  const [one] = make(limits, [sample]);
  const module = withV8Flags(engine, [...atOnce, wide], () => compileModule(bytes));
  const narrow = withV8Flags(engine, atOnce, () => compileModule(one));
  if (!module || !narrow) return false;
  const found = instanceOf(module);
  if (!isFaster(found, instanceOf(narrow))) return false;
  if (!haveSameBits(found, instanceOf(compileModule(same)))) return false;
  threadPool().share(module);
  return true;
}

/** One that does not fit in registers of 128 bits. */
const sample: MicroForm = { dtype: "float32", rows: 6, vectors: 4, a: "panel", b: "packed" };
const sampleLength = 256;

/** The engine's version does not say whether it has the pass, nor whether the processor is fit for it. Where both hold,
 *  the sample takes a third of the time. */
function isFaster(found: Library, usual: Library): boolean {
  return withScratch((at) => {
    const time = (by: Library): number => {
      const run = by.exports[formName(sample)] as WasmFunction;
      const start = now();
      for (let i = 0; i < 50; i++) run(at.a, 0, 24, at.b, 0, at.c, 64, sampleLength, 0);
      return now() - start;
    };
    let [best, other] = [Infinity, Infinity];
    for (let i = 0; i < 10; i++) {
      best = Math.min(best, time(found));
      other = Math.min(other, time(usual));
    }
    return best * 1.5 < other;
  });
}

/** Through the loop that is unrolled and the one for what is left; as a new sum and as more of one. */
export function haveSameBits(found: Library, usual: Library): boolean {
  const values = numbers((room.a + room.b + room.c) / 4);
  return withScratch((at) =>
    wideForms.every((form) =>
      [1, 11].every((length) =>
        [0, 1].every((accumulate) => {
          const [x, y] = [found, usual].map((by) =>
            resultOf(by, form, { length, accumulate, values, at }),
          );
          return x.every((bits, i) => bits === y[i]);
        }),
      ),
    ),
  );
}

/** From −1 to 1, by Numerical Recipes' generator. */
function numbers(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

interface Trial {
  readonly length: number;
  readonly accumulate: number;
  /** What is in the operands and where the result is to be. */
  readonly values: Float32Array;
  readonly at: Scratch;
}

/** Addresses. */
interface Scratch {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly table: number;
}

/** Bytes; of c from row to row, with a gap after the longest. */
const room = { a: 8192, b: 16384, c: 1024, table: 128 };
const rowBytes = 128;

function withScratch<R>(body: (at: Scratch) => R): R {
  const { a, b, c, table } = room;
  const block = heap().allocate(a + b + c + table, "the trial of wide vectors");
  try {
    const { address } = block;
    return body({ a: address, b: address + a, c: address + a + b, table: address + a + b + c });
  } finally {
    heap().free(block);
  }
}

/** All that is afterwards where the result is to be. */
function resultOf(
  { exports }: Library,
  form: MicroForm,
  { length, accumulate, values, at }: Trial,
): Int32Array {
  const { buffer } = heap().memory;
  new Float32Array(buffer, at.a, values.length).set(values);
  const offsets = new Int32Array(buffer, at.table, room.table / 4);
  for (let i = 0; i < offsets.length; i++) offsets[i] = ((i * 5) % 13) * 112;
  const step = (mode: string): number => (mode === "table" ? at.table : 112);
  const run = exports[formName(form)] as WasmFunction;
  run(at.a, 44, step(form.a), at.b, step(form.b), at.c, rowBytes, length, accumulate);
  return new Int32Array(buffer, at.c, room.c / 4).slice();
}
