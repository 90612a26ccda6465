// Runs one instruction of the vector code over arrays, and measures errors.
import type { DType } from "@wengert/autograd";
import type { CodegenContext, Features } from "../src/codegen/context.ts";
import type { Instr } from "../src/plan/ir.ts";
import {
  elementBytes,
  emitInstr,
  emitLoad,
  emitStore,
  hostImports,
  importHostFunctions,
  lanesFor,
  type Lanes,
} from "../src/codegen/vector/index.ts";
import { wasm } from "../src/run/platform.ts";
import type { FunctionBuilder, Local } from "../src/wasm/function.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";

const engine = wasm()!;

export type Elements =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

export const elements = (
  dtype: DType,
  buffer: ArrayBuffer,
  offset: number,
  count: number,
): Elements => new arrays[dtype](buffer, offset, count);

export const arrayOf = (dtype: DType, values: Iterable<number>): Elements =>
  new arrays[dtype]([...values]);

const makeContext = (module: ModuleBuilder, features: Features): CodegenContext => ({
  module,
  features,
  host: importHostFunctions(module),
  wide: null,
  failureAddress: 0,
  maxThreads: 1,
});

/** A module of one function, and its memory. */
export function build(
  pages: number,
  params: readonly "i32"[],
  features: Features,
  body: (ctx: CodegenContext, f: FunctionBuilder) => void,
): { run: (...args: number[]) => void; buffer: ArrayBuffer; bytes: Uint8Array<ArrayBuffer> } {
  const module = new ModuleBuilder({ initial: pages, maximum: pages, shared: false });
  const ctx = makeContext(module, features);
  const ref = module.function(params, [], (f) => body(ctx, f));
  module.export("run", ref);
  const bytes = module.toBytes();
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  const instance = new engine.Instance(new engine.Module(bytes), {
    env: { memory, ...hostImports },
  });
  return { run: instance.exports.run as () => void, buffer: memory.buffer as ArrayBuffer, bytes };
}

/** Whether the engine has relaxed SIMD: asked with a module that uses it. */
export const hasRelaxedSimd = ((): boolean => {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
  module.function([], [], (f) => {
    f.f32x4(1).f32x4(1).f32x4(1).op("f32x4.relaxed_madd", "drop");
  });
  return engine.validate(module.toBytes());
})();

/** With and without fused multiply-add, as far as the engine allows. */
export const variants: readonly Features[] = [
  { relaxedSimd: false },
  ...(hasRelaxedSimd ? [{ relaxedSimd: true }] : []),
];

export interface Application {
  readonly instr: Instr;
  readonly inputs: readonly Elements[];
  readonly argTypes: readonly DType[];
  readonly features?: Features;
  readonly lanes?: Lanes;
  readonly constants?: readonly (number | undefined)[];
}

/** The instruction on each element of the inputs, which have one length. */
export function apply(application: Application): Elements {
  const { instr, inputs, argTypes, features = variants[0], constants } = application;
  const lanes = application.lanes ?? lanesFor([...argTypes, instr.dtype]);
  const count = inputs[0].length;
  const padded = Math.ceil(count / 4) * 4;
  const dtypes = [...argTypes, instr.dtype];
  const bases = dtypes.map(
    (_, i) => 16 + dtypes.slice(0, i).reduce((sum, it) => sum + padded * elementBytes[it], 0),
  );
  const bytes = bases.at(-1)! + padded * elementBytes[instr.dtype];
  const { run, buffer } = build(Math.ceil(bytes / 65536), [], features, (ctx, f) => {
    const addresses = bases.map((base) => f.i32(base).keep("i32"));
    const i = f.i32(0).keep("i32");
    f.forLess(i, padded, lanes, () => {
      const args = argTypes.map((dtype, k) => emitLoad(f, lanes, dtype, addresses[k], 0));
      const y = emitInstr(ctx, f, lanes, instr, args, argTypes, constants);
      emitStore(f, lanes, instr.dtype, addresses.at(-1)!, 0, y);
      addresses.forEach((address, k) => advance(f, address, lanes * elementBytes[dtypes[k]]));
    });
  });
  inputs.forEach((input, k) => elements(argTypes[k], buffer, bases[k], count).set(input));
  run();
  return elements(instr.dtype, buffer, bases.at(-1)!, count);
}

export const advance = (f: FunctionBuilder, address: Local, bytes: number): void => {
  f.get(address).i32(bytes).op("i32.add").set(address);
};

/** Every float32 whose bits are a multiple of the step, those that are special, and those around each
 *  of the given points. */
export function sweep(step: number, points: readonly number[] = []): Float32Array<ArrayBuffer> {
  const bits: number[] = [];
  for (let i = 0; i < 2 ** 32; i += step) bits.push(i);
  const special = [0, 1, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0x7fc00000];
  for (const it of special) bits.push(it, it + 2 ** 31);
  const view = new DataView(new ArrayBuffer(4));
  for (const point of points) {
    view.setFloat32(0, point);
    for (let d = -2000; d <= 2000; d++) bits.push(view.getUint32(0) + d);
  }
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** How far y is from the exact value, in units of the last place (ulp) that a float32 near it has.
 *  Next to the largest float, infinity counts as the float that would follow. */
export function ulps32(y: number, exact: number): number {
  if (Object.is(y, Math.fround(exact))) return 0;
  if (Number.isNaN(y) || Number.isNaN(exact)) return Infinity;
  // Where the exact value is a zero or an infinity, nothing else will do.
  if (exact === 0 || Math.abs(exact) === Infinity) return Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(bounded(y) - bounded(exact)) / 2 ** (Math.min(127, exponent) - 23);
}

const bounded = (x: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, x));

/** The same bits, but for those of NaN. */
export const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((x, i) => Object.is(x, b[i]));

/** Uniform in [0, 1): a linear congruential generator (Numerical Recipes). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
