import {
  add,
  crossEntropy,
  defineOp,
  embedding,
  exp,
  Generator,
  matmul,
  normal,
  notBatchable,
  notDifferentiable,
  relu,
  softmax,
  sum,
  tensor,
  TransformError,
  zeros,
  type OpFunction,
  type Tensor,
} from "@wengert/autograd";
import { Dropout, Linear, Sequential } from "@wengert/nn";
import { Adam } from "@wengert/optim";
import { afterEach, describe, expect, it } from "vitest";
import type { Contraction, LoopKernel } from "../src/codegen/ir.ts";
import { CompiledProgramError } from "../src/errors.ts";
import { workOf } from "../src/explain/count.ts";
import { showBytes, showFlops, showTime } from "../src/explain/format.ts";
import { renderHtml } from "../src/explain/html.ts";
import { renderSvg } from "../src/explain/svg.ts";
import { renderText } from "../src/explain/text.ts";
import type { Explanation, KernelReport, Report } from "../src/explain/types.ts";
import { compile, ready, setThreads } from "../src/index.ts";
import type { Group, Plan } from "../src/plan/group.ts";
import { heap } from "../src/run/heap.ts";

afterEach(() => setThreads(1));

const generator = new Generator(7);
const random = (...shape: number[]) => normal(shape, { generator }) as Tensor;

/** The explanation of a function after one call. */
function explained<A extends Tensor[]>(f: (...args: A) => unknown, ...args: A): Explanation {
  const compiled = compile(f);
  (compiled as (...args: A) => unknown)(...args);
  return compiled.explain();
}

/** An op of the host's, whose name needs care in markup. */
const backwards: ((x: Tensor) => Tensor) & OpFunction = defineOp<(x: Tensor) => Tensor>(
  {
    name: `<backwards & "co">`,
    arity: 1,
    broadcasts: false,
    shape: ([x]) => [x],
    body: (k, [x]) => [
      k.host([x], x, ([{ data }], out) => void out.set(Array.from(data).reverse())),
    ],
    vjp: notDifferentiable,
    jvp: notDifferentiable,
    batch: notBatchable,
    samples: () => ({ inputs: [], attrs: {} }),
    reference: ([x]) => x,
  },
  (apply) => (x) => apply([x], {}),
);

describe("what is counted", () => {
  it("two operations for each product of a matrix product, one for each element after it", () => {
    const bias = random(3);
    const { kernels, flops, bytes } = explained(
      (a, b) => relu(add(matmul(a, b), bias)),
      random(5, 7),
      random(7, 3),
    );
    expect(kernels.map(({ kind, description }) => [kind, description])).toEqual([
      ["contract", "[5, 7] × [7, 3]"],
    ]);
    expect(flops).toBe(2 * 5 * 7 * 3 + 2 * 5 * 3);
    expect(bytes).toBe(4 * (5 * 7 + 7 * 3 + 3 + 5 * 3));
  });

  it("batches of products", () => {
    const { kernels } = explained((a, b) => matmul(a, b), random(4, 2, 5, 6), random(4, 2, 6, 7));
    expect(kernels.map((it) => it.description)).toEqual(["4·2 of [5, 6] × [6, 7]"]);
    expect(kernels[0].flops).toBe(2 * 8 * 5 * 6 * 7);
  });

  it("functions as one operation each, and sums as one for each element", () => {
    const { kernels, flops, bytes } = explained(
      (x) => sum(add(exp(x), 1), { axis: 1 }),
      random(6, 8),
    );
    expect(kernels.map(({ kind, description }) => [kind, description])).toEqual([
      ["map-reduce", "sum over [8] for each of [6]"],
    ]);
    expect(flops).toBe(3 * 48);
    expect(bytes).toBe(4 * (48 + 6));
  });

  it("a map in any number of dims by its shape", () => {
    const { kernels } = explained((x) => exp(x), random(11));
    expect(kernels.map(({ kind, ops, description }) => [kind, ops, description])).toEqual([
      ["map", ["exp"], "[11]"],
    ]);
  });

  const plan: Plan = { buffers: [], groups: [], outputs: [], sites: [] };
  const work = (group: Partial<Group>) => workOf({ origins: [], ...group } as Group, plan);
  const loop = (kernel: Partial<LoopKernel> & Pick<LoopKernel, "dims" | "operands">) =>
    work({ kind: "loop", kernel: { rowDims: 0, instrs: [], stores: [], ...kernel } });
  const float32 = (...strides: number[]) => ({ dtype: "float32", strides }) as const;
  const int32 = (...strides: number[]) => ({ dtype: "int32", strides }) as const;

  it("what is the same for several indices once", () => {
    const { flops, bytes } = loop({
      dims: [5, 9],
      rowDims: 1,
      operands: [float32(9, 1), float32(0, 1), float32(9, 1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "float32" },
        { kind: "reduce", op: "max", arg: 0, dtype: "float32" }, // 45
        { kind: "call", fn: "neg", args: [1], dtype: "float32" }, // 5
        { kind: "load", operand: 1, dtype: "float32" },
        { kind: "call", fn: "exp", args: [3], dtype: "float32" }, // 9
        { kind: "call", fn: "mul", args: [2, 4], dtype: "float32" }, // 45
      ],
      stores: [{ operand: 2, value: 5 }],
    });
    expect(flops).toBe(45 + 5 + 9 + 45);
    expect(bytes).toBe(4 * (45 + 9 + 45));
  });

  it("no integers among the floating-point operations, but comparisons of floats", () => {
    const { flops } = loop({
      dims: [10],
      operands: [int32(1), float32(1), int32(1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "int32" },
        { kind: "call", fn: "add", args: [0, 0], dtype: "int32" },
        { kind: "load", operand: 1, dtype: "float32" },
        { kind: "call", fn: "lt", args: [2, 2], dtype: "bool" }, // 10
        { kind: "cast", arg: 3, dtype: "int32" },
        { kind: "call", fn: "mul", args: [1, 4], dtype: "int32" },
      ],
      stores: [{ operand: 2, value: 5 }],
    });
    expect(flops).toBe(10);
  });

  it("elements of overlapping windows once, and what is added to as read and written", () => {
    // Windows of 3 over 12 elements, and their sum: 10 × 3 additions.
    const { flops, bytes } = loop({
      dims: [10, 3],
      operands: [float32(1, 1), float32(1, 0)],
      instrs: [{ kind: "load", operand: 0, dtype: "float32" }],
      stores: [{ operand: 1, value: 0, accumulate: true }],
    });
    expect(flops).toBe(30);
    expect(bytes).toBe(4 * (12 + 2 * 10));
  });

  it("what is gathered: no more than there is", () => {
    const gather = (rows: number) =>
      loop({
        dims: [rows, 8],
        operands: [int32(1, 0), float32(0, 1), float32(8, 1)],
        instrs: [
          { kind: "load", operand: 0, dtype: "int32" },
          { kind: "gather", operand: 1, index: 0, stride: 8, size: 20, site: 0, dtype: "float32" },
        ],
        stores: [{ operand: 2, value: 1 }],
      }).bytes;
    expect(gather(5)).toBe(4 * (5 + 40 + 40));
    expect(gather(50)).toBe(4 * (50 + 160 + 400));
  });

  it("empty loops and contractions as nothing", () => {
    const nothing = loop({
      dims: [0, 4],
      operands: [float32(4, 1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "float32" },
        { kind: "call", fn: "exp", args: [0], dtype: "float32" },
      ],
    });
    expect(nothing).toEqual({ flops: 0, bytes: 0 });
    const kernel: Contraction = {
      dtype: "float32",
      batch: [],
      m: [{ size: 3, a: 0, b: 0 }],
      n: [],
      k: [{ size: 0, a: 1, b: 1 }],
      epilogue: { dims: [3], rowDims: 0, operands: [float32(0)], instrs: [], stores: [] },
    };
    expect(work({ kind: "contract", kernel })).toEqual({ flops: 0, bytes: 0 });
  });

  it("a scatter's additions", () => {
    const kernel = {
      dims: [6, 4],
      target: float32(0, 1),
      index: int32(1, 0),
      source: float32(4, 1),
      axisStride: 4,
      axisSize: 5,
      site: 0,
    };
    const { flops, bytes } = work({ kind: "scatter", kernel });
    expect(flops).toBe(24);
    expect(bytes).toBe(4 * (2 * 20 + 6 + 24));
  });
});

describe("explain", () => {
  it("wants a call first", () => {
    const compiled = compile((x: Tensor) => exp(x));
    expect(() => compiled.explain()).toThrow(TransformError);
    expect(() => compiled.explain()).toThrow(/Call it first/);
  });

  it("explains the program of the latest call", () => {
    const compiled = compile((x: Tensor) => exp(x));
    compiled(zeros([3]));
    compiled(zeros([4, 5]));
    expect(compiled.explain()).toMatchObject({ flops: 20, compilations: 2 });
    compiled(zeros([3]));
    expect(compiled.explain()).toMatchObject({ flops: 3, compilations: 2 });
  });

  it("takes a function that computes nothing", () => {
    const explanation = explained((x) => x, zeros([2]));
    expect(explanation).toMatchObject({ kernels: [], flops: 0, hostOps: [], threads: 1 });
    expect(String(explanation)).toContain("no kernels");
    expect(tagsOf(explanation.toHtml())).toEqual([]);
  });

  it("names what runs on the host", () => {
    const explanation = explained((x) => exp(backwards(exp(x))), random(2, 3));
    const host = explanation.kernels.filter(({ kind }) => kind === "host");
    expect(explanation.kernels.map(({ kind }) => kind)).toEqual(["map", "host", "map"]);
    expect(host).toMatchObject([{ description: "[2, 3] → [2, 3]", isSerial: true, bytes: 48 }]);
    expect(explanation.hostOps).toEqual([`<backwards & "co">`]);
    expect(String(explanation)).toContain(`calls out to <backwards & "co">`);
  });

  it("leaves weights, moments, generators, versions and memory as they are", async () => {
    setThreads(2);
    const [looked, plain] = [trainer(), trainer()];
    for (let i = 0; i < 3; i++) expect(looked.step()).toBe(plain.step());
    await ready();
    const before = looked.state();
    const used = heap().bytesInUse;
    looked.compiled.explain();
    expect(heap().bytesInUse).toBe(used);
    expect(looked.state()).toEqual(before);
    expect(before).toEqual(plain.state());
    for (let i = 0; i < 3; i++) expect(looked.step()).toBe(plain.step());
    expect(looked.state()).toEqual(plain.state());
  });

  it("tells when each thread works on what", async () => {
    setThreads(2);
    const compiled = compile((a: Tensor, b: Tensor) => sum(softmax(matmul(a, b), { axis: 1 })));
    compiled(random(128, 256), random(256, 128));
    await ready();
    const { kernels, threads, barriers, milliseconds } = compiled.explain();
    expect(threads).toBe(2);
    expect(barriers).toBeGreaterThan(0);
    expect(milliseconds).toBeGreaterThan(0);
    expect(kernels[0]).toMatchObject({ kind: "contract", isSerial: false });
    for (const { spans, isSerial, microseconds } of kernels) {
      expect(spans).toHaveLength(2);
      expect(spans[0]).not.toBeNull();
      expect(spans[1] === null).toBe(isSerial);
      expect(microseconds).toBe(Math.max(...spans.map((span) => span?.microseconds ?? 0)));
    }
    for (const thread of [0, 1]) {
      const spans = kernels.flatMap(({ spans }) => spans[thread] ?? []);
      // A thread does one thing after another. Sums of doubles round.
      const times = spans.flatMap(({ start, end }) => [start, end]);
      expect(times[0]).toBeGreaterThanOrEqual(0);
      times.slice(1).forEach((time, i) => expect(time).toBeGreaterThanOrEqual(times[i] - 1e-6));
    }
  });

  it("does without workers", () => {
    setThreads(1);
    const { threads, barriers } = explained((a, b) => matmul(a, b), random(64, 64), random(64, 64));
    expect({ threads, barriers }).toEqual({ threads: 1, barriers: 0 });
  });

  it("throws where a check fails by now, and changes nothing", () => {
    const [table, index] = [random(4, 3), tensor([0, 3], { dtype: "int32" })];
    const counter = zeros([]);
    const compiled = compile(() => {
      counter.copyFrom(add(counter, 1));
      return embedding(table, index);
    });
    const first = compiled();
    index.copyFrom(tensor([0, 4], { dtype: "int32" }));
    expect(() => compiled.explain()).toThrow(CompiledProgramError);
    expect(() => compiled.explain()).toThrow(/a check that failed/);
    expect(counter.item()).toBe(1);
    index.copyFrom(tensor([0, 3], { dtype: "int32" }));
    expect(compiled().toArray()).toEqual(first.toArray());
    expect(compiled.explain().kernels.length).toBeGreaterThan(0);
    expect(counter.item()).toBe(2);
  });

  it("waits for no call that runs: it throws", async () => {
    setThreads(2);
    const total = zeros([3]);
    const compiled = compile((x: Tensor) => {
      total.copyFrom(add(total, x));
      return sum(total);
    });
    compiled(tensor([1, 2, 3]));
    const later = compiled.async(tensor([1, 2, 3]));
    expect(() => compiled.explain()).toThrow(CompiledProgramError);
    expect((await later).item()).toBe(12);
    expect(compiled.explain().flops).toBe(3 + 3);
    expect(total.toArray()).toEqual([2, 4, 6]);
  });
});

/** A small training with everything that changes: weights, moments, a step count, a generator. */
function trainer() {
  const weights = new Generator(1);
  const model = new Sequential(
    new Linear(20, 30, { generator: weights }),
    relu,
    new Dropout(0.5, { generator: new Generator(2) }),
    new Linear(30, 4, { generator: weights }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const x = normal([16, 20], { generator: weights }) as Tensor;
  const labels = tensor(
    Array.from({ length: 16 }, (_, i) => i % 4),
    { dtype: "int32" },
  );
  const compiled = compile((input: Tensor, wanted: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(input as never) as Tensor, wanted as never) as Tensor;
    loss.backward();
    optimizer.step();
    return loss;
  });
  return {
    compiled,
    step: () => compiled(x, labels).item(),
    state: () => ({
      model: model.parameters().map((it) => [it.storage!.version, ...it.toArray().flat()]),
      optimizer: JSON.stringify(optimizer.stateDict()),
    }),
  };
}

const span = (start: number, end: number) => ({ start, end, microseconds: end - start });

/** A program of three forms on two threads, with times that nobody measured. */
function fixedReport(): Report {
  const kernel = (it: Partial<KernelReport>): KernelReport => {
    const { flops = 0, spans = [] } = it;
    const microseconds = Math.max(...spans.map((one) => one?.microseconds ?? 0));
    return {
      kind: "map",
      ops: ["relu"],
      description: "[64, 256]",
      flops,
      bytes: 1024,
      microseconds,
      gflops: flops / microseconds / 1e3,
      isSerial: false,
      spans,
      ...it,
    };
  };
  const product = {
    kind: "contract",
    ops: ["contract", "add"],
    description: "[64, 784] × [784, 256]",
    flops: 25_690_112,
    bytes: 1_100_000,
  } as const;
  return {
    kernels: [
      kernel({ ...product, spans: [span(10, 210), span(20, 180)] }),
      kernel({ flops: 16_384, spans: [span(210, 215), span(215, 219)] }),
      kernel({ ...product, spans: [span(220, 420), span(221, 422)] }),
      kernel({
        kind: "host",
        ops: ["a<b>&'c'"],
        description: "[3] → [3]",
        isSerial: true,
        spans: [span(430, 450), null],
      }),
    ],
    flops: 51_396_608,
    bytes: 2_202_048,
    arenaBytes: 199_680,
    arenaLowerBound: 198_656,
    moduleBytes: 20_480,
    constantsBytes: 52,
    threads: 2,
    milliseconds: 0.5,
    barriers: 3,
    hostOps: ["a<b>&'c'"],
    compilations: 1,
  };
}

/** What opens and is not closed, or the other way round. */
function tagsOf(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const isVoid = /^(meta|input)$/;
  const text = markup.replace(/<!doctype html>/, "").replace(/<style>[^<]*<\/style>/g, "");
  for (const [, tag] of text.matchAll(/<([^>]*)>/g)) {
    const [name] = tag.split(/[\s/]/, 1);
    const attributes = tag.slice(name.length).replace(/\/$/, "");
    if (tag.startsWith("/")) {
      if (open.pop() !== tag.slice(1)) wrong.push(tag);
    } else if (!/^[a-z]\w*$/.test(name) || !/^(\s+[\w:-]+(="[^"<]*")?)*$/.test(attributes)) {
      wrong.push(tag);
    } else if (!tag.endsWith("/") && !isVoid.test(name)) open.push(name);
  }
  const loose = text.replace(/<[^>]*>/g, "").match(/[<>]|&(?!(amp|lt|gt|quot|#39);)/g) ?? [];
  return [...wrong, ...open, ...loose];
}

describe("a report", () => {
  it("as text", () => {
    expect(`\n${renderText(fixedReport())}\n`).toMatchInlineSnapshot(`
      "
      time     500 µs on 2 threads, 3 barriers
      busy     85.0 % and 73.0 % of the time; the rest are waits
      work     51.4 MFLOP, 103 GFLOP/s
      traffic  2.10 MiB, 4.40 GB/s
      kernels  4, of which 1 run on one thread
      memory   195 KiB for intermediate values (lower bound 194 KiB: alive at one time), 52 B of constants
      module   20.0 KiB; 1 compilation
      host     calls out to a<b>&'c': JavaScript, on one thread

       share     time  count  kernel    over                          work  GFLOP/s  of
      80.2 %   401 µs      2  contract  [64, 784] × [784, 256]  51.4 MFLOP      128  contract+add
       4.0 %  20.0 µs      1  host      [3] → [3]                                    a<b>&'c' (one thread)
       1.0 %  5.00 µs      1  map       [64, 256]               16.4 kFLOP     3.28  relu
      "
    `);
  });

  it("as text, with the rest of many kernels in one line", () => {
    const report = fixedReport();
    const kernels = Array.from({ length: 100 }, (_, i) => ({
      ...report.kernels[1],
      description: `[${i}]`,
      microseconds: 100 - i,
    }));
    const lines = renderText({ ...report, kernels }).split("\n");
    expect(lines.filter((line) => line.includes("map"))).toHaveLength(29);
    // 71 + 70 + … + 1 of 500.
    expect(lines.at(-1)).toBe("and 71 more that take 511.2 % of the time together");
  });

  it("as a page: well formed, with every kernel in each lane and in the table", () => {
    const html = renderHtml(fixedReport(), "a <title> & more");
    expect(tagsOf(html)).toEqual([]);
    expect(html).toContain("<title>a &lt;title&gt; &amp; more</title>");
    expect(html.match(/<svg class="bar"/g)).toHaveLength(7);
    for (let i = 0; i < 4; i++) {
      expect(html).toContain(`<tr id="kernel-${i}">`);
      expect(html.split(`<a href="#kernel-${i}">`)).toHaveLength(i === 3 ? 2 : 3);
    }
    expect(html).toContain("calls out to a&lt;b&gt;&amp;&#39;c&#39;");
    expect(html).not.toMatch(
      /<script|<link|@import|url\(|src=|http(?!:\/\/www\.w3\.org\/2000\/svg)/,
    );
  });

  it("as a picture to put into other pages", () => {
    const svg = renderSvg(fixedReport());
    expect(tagsOf(svg)).toEqual([]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
    expect(svg).not.toContain("href");
    // 10 to 210 of 500 microseconds.
    expect(svg).toContain(`<svg class="bar" x="2%" y="46" width="40%"`);
    expect(svg).toContain("thread 0: 200 µs from 10.0 µs on");
    const legend = [...svg.matchAll(/>(contract|map|map-reduce|scatter|scan|host)</g)];
    expect(legend.map(([, kind]) => kind)).toEqual(["contract", "map", "host"]);
  });

  it("finds markup that is not well formed", () => {
    expect(tagsOf("<p><b></p></b>")).not.toEqual([]);
    expect(tagsOf("<p>a & b</p>")).not.toEqual([]);
    expect(tagsOf("<p>")).not.toEqual([]);
    expect(tagsOf(`<p a="1" b='<'></p>`)).not.toEqual([]);
    expect(tagsOf(`<p a="1"><br/></p>`)).toEqual([]);
  });
});

describe("numbers", () => {
  it("have three digits and a unit that fits", () => {
    expect([0.01, 0.05, 1.234, 9.996, 99.96, 999.4, 999.6, 12_345, 2.5e6].map(showTime)).toEqual([
      "< 0.1 µs",
      "0.05 µs",
      "1.23 µs",
      "10.0 µs",
      "100 µs",
      "999 µs",
      "1.00 ms",
      "12.3 ms",
      "2.50 s",
    ]);
    expect([0, 999, 1000, 999_600, 4.01e9].map(showFlops)).toEqual([
      "0 FLOP",
      "999 FLOP",
      "1.00 kFLOP",
      "1.00 MFLOP",
      "4.01 GFLOP",
    ]);
    expect([52, 1024, 1_048_575].map(showBytes)).toEqual(["52 B", "1.00 KiB", "1.00 MiB"]);
  });
});
