// What whole matrices of derivatives take in memory, and what a loop gains by being compiled.
//
//   node scripts/setup.mjs bench/derivatives.ts
import {
  add,
  arange,
  Generator,
  grad,
  hessian,
  jacobian,
  logsumexp,
  matmul,
  mean,
  mul,
  normal,
  scan,
  sin,
  slice,
  square,
  stack,
  tanh,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { compile } from "@wengert/compile";

const megabytes = (): number => process.resourceUsage().maxRSS / 1024;

/** How far the process grew beyond what it had ever needed, and how long it took. */
function memory(name: string, f: () => Tensor): void {
  const before = megabytes();
  const start = performance.now();
  const { size } = f();
  const time = performance.now() - start;
  const grown = megabytes() - before;
  const own = (4 * size) / 2 ** 20;
  console.log(
    `${name.padEnd(44)} ${time.toFixed(0).padStart(6)} ms  +${grown.toFixed(1)} MiB (the result: ${own.toFixed(1)})`,
  );
}

/** The first call, and the median of some later ones. */
function time(name: string, f: () => unknown): void {
  const once = (): number => {
    const start = performance.now();
    f();
    return performance.now() - start;
  };
  const first = once();
  const times = Array.from({ length: 11 }, once).sort((a, b) => a - b);
  console.log(
    `${name.padEnd(44)} ${first.toFixed(0).padStart(6)} ms, then ${times[5].toFixed(1)} ms`,
  );
}

const wave = (...shape: number[]): Tensor =>
  sin(arange(shape.reduce((a, b) => a * b, 1)).reshape(shape)) as Tensor;

const square200 = mul(0.1, wave(200, 200)) as Tensor;
memory("jacobian of two layers, 200 × 200", () => {
  const f = (x: Tensor): Tensor => tanh(matmul(square200, tanh(matmul(square200, x))));
  return jacobian(f)(wave(200)) as Tensor;
});
const wide = mul(0.03, wave(200, 1000)) as Tensor;
memory("hessian by 1 000 inputs, 200 hidden units", () => {
  const f = (x: Tensor): Tensor => logsumexp(tanh(matmul(wide, x)));
  return hessian(f)(wave(1000)) as Tensor;
});

const [steps, batch, inputs, units] = [300, 16, 32, 64];
const generator = new Generator(1);
const random = (...shape: number[]) => normal(shape, { std: 0.1, generator }) as Tensor;
const [wx, wh, xs] = [random(inputs, units), random(units, units), random(steps, batch, inputs)];
const turn = (wx: Tensor, wh: Tensor, h: Tensor, x: Tensor): Tensor =>
  tanh(add(matmul(x, wx), matmul(h, wh)));
const loop = (wx: Tensor, wh: Tensor): Tensor => {
  let h = zeros([batch, units]) as Tensor;
  const states = Array.from({ length: steps }, (_, t) => {
    h = turn(wx, wh, h, slice(xs, [t]) as Tensor);
    return h;
  });
  return mean(square(stack(states)));
};
const scanned = (wx: Tensor, wh: Tensor): Tensor => {
  const [, states] = scan(
    (h: Tensor, x: Tensor) => {
      const next = turn(wx, wh, h, x);
      return [next, next];
    },
    zeros([batch, units]) as Tensor,
    xs,
  );
  return mean(square(states as Tensor));
};
const [byLoop, byScan] = [loop, scanned].map((f) => grad(f, { argnums: [0, 1] }));
const compiled = compile(byScan);
console.log(`\ngradients of a recurrent network: ${steps} steps, batch ${batch}, ${units} units`);
time("a TypeScript loop, eager", () => byLoop(wx, wh));
time("a scan, eager", () => byScan(wx, wh));
time("a scan, compiled", () => compiled(wx, wh));
process.exit(0);
