// Timings of loop kernels on one thread: node --conditions=@wengert/source test/loop.bench.ts [words of a name]
import type { Instr, LoopKernel, Operand } from "../src/plan/ir.ts";
import { loadLoop } from "./support/loop-run.ts";

type Plain = (arrays: readonly Float32Array[]) => void;

const load = (operand: number): Instr => ({ kind: "load", dtype: "float32", operand });
const f32 = (...strides: number[]): Operand => ({ dtype: "float32", strides });
const i32 = (...strides: number[]): Operand => ({ dtype: "int32", strides });

/** Instructions from a text like "x = load 0; y = exp x": names stand for earlier values. */
function program(text: string): { instrs: Instr[]; at: (name: string) => number } {
  const names = new Map<string, number>();
  const instrs: Instr[] = [];
  for (const line of text.split(";")) {
    const [name, right] = line.split("=").map((part) => part.trim());
    const [fn, ...args] = right.split(" ");
    if (fn === "load") instrs.push(load(Number(args[0])));
    else if (fn === "const")
      instrs.push({ kind: "const", dtype: "float32", value: Number(args[0]) });
    else if (fn === "sum" || fn === "max") {
      instrs.push({ kind: "reduce", dtype: "float32", op: fn, arg: names.get(args[0])! });
    } else if (fn === "argmax") {
      instrs.push({ kind: "reduce", dtype: "int32", op: fn, arg: names.get(args[0])! });
    } else {
      instrs.push({ kind: "call", dtype: "float32", fn, args: args.map((arg) => names.get(arg)!) });
    }
    names.set(name, instrs.length - 1);
  }
  return { instrs, at: (name) => names.get(name)! };
}

function bench(name: string, kernel: LoopKernel, sizes: readonly number[], plain?: Plain): void {
  if (!process.argv.slice(2).every((word) => name.includes(word))) return;
  const elements = kernel.dims.reduce((a, b) => a * b, 1);
  const bytes = sizes.reduce((sum, n) => sum + n * 4 + 64, 0);
  const { run, buffer, free, phases } = loadLoop(kernel, Math.ceil((bytes + (1 << 22)) / 65536));
  let at = free;
  const arrays: Float32Array[] = [];
  const bases = sizes.map((n, k) => {
    const isInt = kernel.operands[k].dtype === "int32";
    const array = new Float32Array(buffer, at, n);
    if (!isInt) array.forEach((_, i) => (array[i] = Math.sin(i)));
    arrays.push(array);
    const base = at;
    at = (at + n * 4 + 63) & ~63;
    return base;
  });
  const best = (f: () => void): number => {
    const times = Math.max(1, Math.round(2e6 / elements));
    let least = Infinity;
    for (let k = 0; k < 15; k++) {
      const start = performance.now();
      for (let i = 0; i < times; i++) f();
      least = Math.min(least, (performance.now() - start) / times);
    }
    return least * 1e6;
  };
  const ns = best(() => run(1, bases));
  const compared = plain ? best(() => plain(arrays)) / ns : NaN;
  console.log(
    name.padEnd(36),
    `${(ns / elements).toFixed(3)} ns/element`,
    `${ns.toFixed(0)} ns`,
    `${(bytes / ns).toFixed(1)} GB/s`,
    plain ? `JavaScript ×${compared.toFixed(1)}` : "",
    phases > 1 ? `${phases} phases` : "",
  );
}

const million = 1e6;
const addition = program("a = load 0; b = load 1; c = add a b");
const add = (n: number): LoopKernel => ({
  dims: [n],
  rowDims: 0,
  operands: [f32(1), f32(1), f32(1)],
  instrs: addition.instrs,
  stores: [{ operand: 2, value: 2 }],
});
const addPlain: Plain = ([a, b, c]) => {
  for (let i = 0; i < a.length; i++) c[i] = a[i] + b[i];
};
for (const n of [million, 4096, 32, 7]) bench(`add ${n}`, add(n), [n, n, n], addPlain);

const unary = (fn: string) => {
  const { instrs } = program(`x = load 0; y = ${fn} x`);
  const operands = [f32(1), f32(1)];
  bench(
    `${fn} 10000`,
    { dims: [10000], rowDims: 0, operands, instrs, stores: [{ operand: 1, value: 1 }] },
    [10000, 10000],
  );
};
["exp", "tanh", "log", "sin", "erf"].forEach(unary);

const gate = `x = load 0; two = const 2; one = const 1; x2 = mul x two; u = add x2 one; n = neg u; e = exp n;
  d = add one e; s = div one d; t = tanh x; y = mul s t; r = sum y`;
const forward = program(gate);
const gatePlain: Plain = ([a, out]) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += Math.tanh(a[i]) / (1 + Math.exp(-2 * a[i] - 1));
  out[0] = total;
};
bench(
  "sum(sigmoid(2a+1)·tanh a) 1e6",
  {
    dims: [million],
    rowDims: 1,
    operands: [f32(1), f32(0)],
    instrs: forward.instrs,
    stores: [{ operand: 1, value: forward.at("r") }],
  },
  [million, 1],
  gatePlain,
);
const both =
  program(`${gate}; s1 = sub one s; ss = mul s s1; s2 = mul ss two; g1 = mul s2 t; tt = mul t t;
  t1 = sub one tt; g2 = mul s t1; g = add g1 g2`);
bench(
  "  and its gradient",
  {
    dims: [million],
    rowDims: 1,
    operands: [f32(1), f32(0), f32(1)],
    instrs: both.instrs,
    stores: [
      { operand: 1, value: both.at("r") },
      { operand: 2, value: both.at("g") },
    ],
  },
  [million, 1, million],
);

const total = program("x = load 0; s = sum x");
const sums = (dims: number[], x: number[], out: number[]): LoopKernel => ({
  dims,
  rowDims: 1,
  operands: [f32(...x), f32(...out)],
  instrs: total.instrs,
  stores: [{ operand: 1, value: 1 }],
});
bench("sum 1e6", sums([million], [1], [0]), [million, 1], ([a, out]) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i];
  out[0] = sum;
});
bench("sum 4096", sums([4096], [1], [0]), [4096, 1]);
for (const [n, m] of [
  [1000, 1000],
  [10000, 10],
])
  bench(`row sums ${n}×${m}`, sums([n, m], [m, 1], [1, 0]), [n * m, n]);
for (const [n, m] of [
  [1000, 1000],
  [64, 256],
  [64, 10],
  [100000, 4],
])
  bench(`column sums ${n}×${m}`, sums([m, n], [1, m], [1, 0]), [n * m, m]);

const soft = program("x = load 0; m = max x; d = sub x m; e = exp d; s = sum e; y = div e s");
for (const [n, m] of [
  [64, 10],
  [768, 64],
  [1000, 1000],
  [4, 250000],
]) {
  bench(
    `softmax ${n}×${m}`,
    {
      dims: [n, m],
      rowDims: 1,
      operands: [f32(m, 1), f32(m, 1)],
      instrs: soft.instrs,
      stores: [{ operand: 1, value: soft.at("y") }],
    },
    [n * m, n * m],
  );
}
for (const [n, m] of [
  [10000, 10],
  [64, 256],
]) {
  bench(
    `bias ${n}×${m}`,
    {
      dims: [n, m],
      rowDims: 0,
      operands: [f32(m, 1), f32(0, 1), f32(m, 1)],
      instrs: addition.instrs,
      stores: [{ operand: 2, value: 2 }],
    },
    [n * m, m, n * m],
  );
}
for (const n of [64, 512, 1000]) {
  bench(
    `transpose ${n}`,
    {
      dims: [n, n],
      rowDims: 0,
      operands: [f32(1, n), f32(n, 1)],
      instrs: [load(0)],
      stores: [{ operand: 1, value: 0 }],
    },
    [n * n, n * n],
    ([a, out]) => {
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] = a[j * n + i];
    },
  );
}
bench(
  "windows added up 64×24×24×5×5",
  {
    dims: [64, 24, 24, 5, 5],
    rowDims: 0,
    operands: [f32(14400, 600, 25, 5, 1), f32(784, 28, 1, 28, 1)],
    instrs: [load(0)],
    stores: [{ operand: 1, value: 0, accumulate: true }],
  },
  [64 * 14400, 64 * 784],
);
const adam =
  program(`p = load 0; m = load 1; v = load 2; g = load 3; a = const 0.9; b = const 0.1; c = const 0.999;
  d = const 0.001; small = const 1e-8; lr = load 4; ma = mul m a; gb = mul g b; m1 = add ma gb; vc = mul v c; gg = mul g g;
  gd = mul gg d; v1 = add vc gd; q = sqrt v1; w = add q small; r = div m1 w; u = mul lr r; p1 = sub p u`);
bench(
  "Adam in place 1e5",
  {
    dims: [1e5],
    rowDims: 0,
    operands: [f32(1), f32(1), f32(1), f32(1), f32(0)],
    instrs: adam.instrs,
    stores: [
      { operand: 0, value: adam.at("p1") },
      { operand: 1, value: adam.at("m1") },
      { operand: 2, value: adam.at("v1") },
    ],
  },
  [1e5, 1e5, 1e5, 1e5, 1],
);
bench(
  "random words 1e5",
  {
    dims: [1e5],
    rowDims: 0,
    operands: [i32(0), i32(1)],
    instrs: [{ kind: "random", dtype: "int32", operand: 0, strides: [1], offset: 0 }],
    stores: [{ operand: 1, value: 0 }],
  },
  [4, 1e5],
);
const best = program("x = load 0; i = argmax x");
bench(
  "argmax 1000×1000",
  {
    dims: [1000, 1000],
    rowDims: 1,
    operands: [f32(1000, 1), i32(1, 0)],
    instrs: best.instrs,
    stores: [{ operand: 1, value: 1 }],
  },
  [million, 1000],
);
bench(
  "embedding 1000×128",
  {
    dims: [1000, 128],
    rowDims: 0,
    operands: [i32(1, 0), f32(0, 1), f32(128, 1)],
    instrs: [
      { kind: "load", dtype: "int32", operand: 0 },
      { kind: "gather", dtype: "float32", operand: 1, index: 0, stride: 128, size: 100, site: 0 },
    ],
    stores: [{ operand: 2, value: 1 }],
  },
  [1000, 12800, 128000],
);
