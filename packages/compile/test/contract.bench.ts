// How fast contractions are, in percent of what the machine multiplies and adds in registers, measured
// in the same process. node --conditions=@wengert/source packages/compile/test/contract.bench.ts [name]
import type { CodegenContext } from "../src/codegen/context.ts";
import { emitContraction } from "../src/codegen/contract/index.ts";
import type { Contraction, ContractionAxis, Instr } from "../src/plan/ir.ts";
import { hostImports, importHostFunctions } from "../src/codegen/vector/index.ts";
import type { FunctionRef } from "../src/wasm/function.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";
import { engine, hasRelaxedSimd } from "./contract.support.ts";

const limits = { initial: 2048, maximum: 2048, shared: true };
const module = new ModuleBuilder(limits);
const host = importHostFunctions(module);
const ctx: CodegenContext = {
  module,
  host,
  maxThreads: 2,
  failureAddress: 16,
  wide: null,
  features: { relaxedSimd: hasRelaxedSimd },
};

type Strides = readonly (readonly [size: number, stride: number])[];
type Windows = readonly (readonly [size: number, a: number, b: number])[];
interface Shape {
  readonly name: string;
  readonly contraction: Contraction;
}

/** Batch axes have the strides of both operands; the output is row-major, or as `out` says. */
function shape(
  name: string,
  batch: readonly (readonly [size: number, a: number, b: number])[],
  m: Strides,
  n: Strides,
  k: readonly (readonly [size: number, a: number, b: number])[],
  epilogue: "store" | "biasRelu" | "sgd" | "adam" = "store",
  order?: readonly number[],
): Shape {
  const axis = ([size, a, b]: readonly [number, number, number]): ContractionAxis => ({
    size,
    a,
    b,
  });
  const ms = m.map(([size, a]) => axis([size, a, 0]));
  const ns = n.map(([size, b]) => axis([size, 0, b]));
  const dims = [...batch.map(axis), ...ms, ...ns].map(({ size }) => size);
  const strides = dims.map(() => 0);
  let step = 1;
  for (const d of (order ?? dims.map((_, i) => i)).toReversed()) {
    strides[d] = step;
    step *= dims[d];
  }
  const dtype = "float32";
  const output = { dtype, strides } as const;
  const load = (operand: number): Instr => ({ kind: "load", dtype, operand });
  const call = (fn: string, ...args: number[]): Instr => ({ kind: "call", dtype, fn, args });
  const constant = (value: number): Instr => ({ kind: "const", dtype, value });
  const scalar = { dtype, strides: dims.map(() => 0) } as const;
  const bias = {
    dtype,
    strides: dims.map((_, d) => (d < dims.length - n.length ? 0 : strides[d])),
  } as const;
  const epilogues = {
    store: {
      operands: [output, output],
      instrs: [load(0)],
      stores: [{ operand: 1, value: 0 }],
    },
    biasRelu: {
      operands: [output, output, bias],
      instrs: [load(0), load(2), call("add", 0, 1), constant(0), call("max", 2, 3)],
      stores: [{ operand: 1, value: 4 }],
    },
    sgd: {
      operands: [output, output, scalar],
      instrs: [load(0), load(1), load(2), call("mul", 0, 2), call("sub", 1, 3)],
      stores: [{ operand: 1, value: 4 }],
    },
    adam: {
      operands: [output, output, output, output, scalar],
      instrs: [
        load(0),
        load(1),
        load(2),
        load(3),
        load(4),
        constant(0.1),
        constant(0.001),
        call("sub", 0, 2),
        call("mul", 7, 5),
        call("add", 2, 8),
        call("mul", 0, 0),
        call("sub", 10, 3),
        call("mul", 11, 6),
        call("add", 3, 12),
        call("sqrt", 13),
        constant(1e-8),
        call("add", 14, 15),
        call("div", 9, 16),
        call("mul", 17, 4),
        call("sub", 1, 18),
      ],
      stores: [
        { operand: 1, value: 19 },
        { operand: 2, value: 9 },
        { operand: 3, value: 13 },
      ],
    },
  };
  return {
    name,
    contraction: {
      dtype,
      batch: batch.map(axis),
      m: ms,
      n: ns,
      k: k.map(axis),
      epilogue: {
        dims,
        rowDims: 0,
        ...epilogues[epilogue],
      },
    },
  };
}

/** a [m, k] and b [k, n], row-major, or transposed. */
function matmul(
  m: number,
  n: number,
  k: number,
  form: "nn" | "nt" | "tn" = "nn",
  epilogue: "store" | "biasRelu" | "sgd" | "adam" = "store",
): Shape {
  const [am, ak] = form === "tn" ? [1, m] : [k, 1];
  const [bn, bk] = form === "nt" ? [1 * k, 1] : [1, n];
  const name = `${m}x${n}x${k} ${form}${epilogue === "store" ? "" : ` ${epilogue}`}`;
  return shape(name, [], [[m, am]], [[n, bn]], [[k, ak, bk]], epilogue);
}

function convolution(batch: number, c: number, f: number, size: number, kernel: number): Shape[] {
  const out = size - kernel + 1;
  const [plane, outPlane] = [size * size, out * out];
  const name = `conv ${batch}x${c}x${size}² ${f}·${kernel}²`;
  const taps = c * kernel * kernel;
  const windows: Windows = [
    [c, kernel * kernel, plane],
    [kernel, kernel, size],
    [kernel, 1, 1],
  ];
  const positions: Strides = [
    [out, size],
    [out, 1],
  ];
  const taken = windows.map(([extent, , stride]) => [extent, stride] as const);
  const sums: Windows = [
    [batch, f * outPlane, c * plane],
    [out, out, size],
    [out, 1, 1],
  ];
  return [
    shape(name, [[batch, 0, c * plane]], [[f, taps]], positions, windows, "biasRelu"),
    shape(`${name} dW`, [], [[f, outPlane]], taken, sums),
  ];
}

const shapes: Shape[] = [
  ...(["nn", "nt", "tn"] as const).flatMap((form) => [512, 1024].map((n) => matmul(n, n, n, form))),
  matmul(510, 510, 510),
  matmul(64, 256, 784, "nt", "biasRelu"),
  matmul(256, 784, 64, "tn", "sgd"),
  matmul(256, 512, 784, "nt", "biasRelu"),
  matmul(256, 512, 512, "nt", "biasRelu"),
  matmul(256, 10, 512, "nt", "store"),
  matmul(64, 10, 256, "nt", "store"),
  matmul(256, 512, 10, "nn", "store"),
  matmul(256, 512, 512, "nn", "store"),
  matmul(10, 512, 256, "tn", "adam"),
  matmul(512, 512, 256, "tn", "adam"),
  matmul(512, 784, 256, "tn", "adam"),
  shape("attention qk", [[48, 2048, 2048]], [[64, 32]], [[64, 32]], [[32, 1, 1]]),
  shape("attention pv", [[48, 4096, 2048]], [[64, 64]], [[32, 1]], [[64, 1, 32]]),
  shape("attention dk", [[48, 4096, 2048]], [[64, 1]], [[32, 1]], [[64, 64, 32]]),
  shape(
    "heads qk",
    [
      [12, 64 * 384, 64 * 384],
      [4, 32, 32],
    ],
    [[64, 384]],
    [[64, 384]],
    [[32, 1, 1]],
  ),
  matmul(768, 384, 128, "nt", "biasRelu"),
  matmul(768, 128, 512, "nt", "biasRelu"),
  matmul(384, 128, 768, "tn", "store"),
  ...convolution(64, 1, 6, 28, 5),
  ...convolution(64, 1, 6, 32, 5),
  ...convolution(64, 6, 16, 14, 5),
  matmul(1, 512, 512, "nn"),
  matmul(1, 512, 512, "nt"),
  matmul(1, 2048, 2048, "nn"),
  matmul(1, 2048, 2048, "nt"),
  matmul(2048, 1, 2048, "nn"),
  matmul(512, 512, 1, "nn"),
  matmul(4, 8, 2, "nt"),
  matmul(4, 2, 8, "nn"),
  matmul(8, 4, 2, "nt", "biasRelu"),
  matmul(32, 32, 32, "nn"),
];

function peakLoop(): FunctionRef {
  return module.function(["i32"], [], (f) => {
    const acc = Array.from({ length: 12 }, () => f.f32x4(0).keep("v128"));
    const [x, y] = [f.f32x4(1.0001).keep("v128"), f.f32x4(0.5).keep("v128")];
    const i = f.i32(0).keep("i32");
    f.forLess(i, f.params[0], 1, () => {
      for (let u = 0; u < 4; u++) {
        for (const sum of acc) {
          f.get(x).get(y);
          if (hasRelaxedSimd) f.get(sum).op("f32x4.relaxed_madd").set(sum);
          else f.op("f32x4.mul").get(sum).op("f32x4.add").set(sum);
        }
      }
    });
    f.i32(0).get(acc[0]);
    for (const sum of acc.slice(1)) f.get(sum).op("f32x4.add");
    f.memory("v128.store");
  });
}

/** Milliseconds of this thread's own: others on the machine do not count. The clock is a coarse one. */
const now = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Milliseconds that a run takes on the average. */
function mean(run: () => void, milliseconds: number): number {
  const start = now();
  let runs = 0;
  do {
    run();
    runs++;
  } while (now() - start < milliseconds);
  return (now() - start) / runs;
}

const wanted = shapes.filter(({ name }) => name.includes(process.argv[2] ?? ""));
module.export("peak", peakLoop());
/** Calls all phases so many times with the operands at fixed places. */
const runners = wanted.map(({ contraction }, i) => {
  const begin = module.toBytes().length;
  const kernel = emitContraction(ctx, contraction);
  const operands = contraction.epilogue.operands.length + 1;
  const runner = module.function(["i32"], [], (f) => {
    const j = f.i32(0).keep("i32");
    f.forLess(j, f.params[0], 1, () => {
      for (const phase of kernel.phases) {
        f.i32(0).i32(1);
        for (let o = 0; o <= operands; o++) f.i32(1024 + (o + 1) * ((12 << 20) + 448));
        f.i32(0).call(phase);
      }
    });
  });
  module.export(`run${i}`, runner);
  return { bytes: module.toBytes().length - begin, kernel };
});
const memory = new engine.Memory(limits);
const compileStart = performance.now();
const instance = new engine.Instance(new engine.Module(module.toBytes()), {
  env: { memory, ...hostImports },
});
console.log(
  `${module.toBytes().length} bytes, compiled in ${(performance.now() - compileStart).toFixed(0)} ms`,
);
const exported = instance.exports as Record<string, (count: number) => void>;
new Float32Array(memory.buffer).forEach((_, i, data) => (data[i] = (i % 17) / 17 - 0.5));

const product = (axes: readonly ContractionAxis[]) => axes.reduce((x, { size }) => x * size, 1);
mean(() => exported["peak"](20000), 200);
wanted.forEach(({ name, contraction: { batch, m, n, k } }, i) => {
  const flops = 2 * product(batch) * product(m) * product(n) * product(k);
  const repeat = Math.max(1, Math.round(2e6 / (flops + 1000)));
  const run = () => exported[`run${i}`](repeat);
  mean(run, 100);
  let ratio = 0;
  let time = Infinity;
  // The machine is shared: peak and kernel in turns.
  for (let round = 0; round < 3; round++) {
    const peak = (20000 * 48 * 8) / mean(() => exported["peak"](20000), 60) / 1e6;
    const ms = mean(run, 100) / repeat;
    time = Math.min(time, ms);
    ratio = Math.max(ratio, flops / ms / 1e6 / peak);
  }
  const { bytes, kernel } = runners[i];
  console.log(
    name.padEnd(32),
    `${(100 * ratio).toFixed(0).padStart(4)} %`,
    `${(time * 1000).toFixed(2).padStart(10)} µs`,
    `${kernel.phases.length} phases`,
    `${bytes} bytes`,
    `scratch ${kernel.scratchBytes}`,
  );
});
