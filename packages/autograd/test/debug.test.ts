// What helps to find mistakes: anomalies, hooks, and the tape as a table and as a picture.
import { describe, expect, it } from "vitest";
import {
  add,
  AnomalyError,
  clamp,
  cos,
  detectAnomaly,
  div,
  explain,
  grad,
  GradientError,
  jvp,
  log,
  matmul,
  maximum,
  mean,
  mul,
  ones,
  OptionError,
  sin,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  tensor,
  toDot,
  toSvg,
  TransformError,
  where,
  gt,
  type Tensor,
} from "../src/index.ts";

const parameter = (values: number[] | number[][]): Tensor => tensor(values, { requiresGrad: true });

describe("detectAnomaly", () => {
  const anomalyOf = (f: () => unknown, options = {}): AnomalyError => {
    try {
      detectAnomaly(f, options);
    } catch (error) {
      if (error instanceof AnomalyError) return error;
      throw error;
    }
    throw new Error("nothing was found");
  };
  const here = /debug\.test\.ts:\d+$/;

  it("names op, line and element of the first infinity, forward", () => {
    const x = parameter([1, 0]);
    const error = anomalyOf(() => sum(mul(log(x), 2)).backward());
    expect(error).toMatchObject({ op: "log", phase: "forward", value: -Infinity });
    expect(error.line).toMatch(here);
    expect(error.message).toMatch(
      /^log, called at .*: expected finite results of log, got -Infinity as element \[1\]/,
    );
    expect(x.grad).toBeNull();
  });

  it("names op and line of the first infinity, backward", () => {
    const error = anomalyOf(() => sum(sqrt(parameter([4, 0]))).backward());
    expect(error).toMatchObject({ op: "sqrt", phase: "backward", value: Infinity });
    expect(error.line).toMatch(here);
    expect(error.message).toContain("got Infinity as element [1]");
  });

  it("says which line of several", () => {
    const x = parameter([0]);
    const first = sin(x);
    const lineOf = (f: () => unknown) => Number(/:(\d+)$/.exec(anomalyOf(f).line)![1]);
    const one = lineOf(() => {
      log(first);
    });
    const two = lineOf(() => {
      log(first);
    });
    expect(two - one).toBe(3);
  });

  it("finds a NaN that is made of infinities, and none that was there before", () => {
    const inf = tensor([Infinity]);
    expect(anomalyOf(() => sub(inf, inf))).toMatchObject({ op: "sub", value: NaN });
    expect(detectAnomaly(() => add(inf, 1).item())).toBe(Infinity);
    expect(detectAnomaly(() => add(tensor([NaN]), 1).item())).toBeNaN();
  });

  it("lets infinities pass where only NaN is looked for", () => {
    const x = parameter([1, 0]);
    const masked = () => sum(where(gt(x, 0), log(x), 0)).backward();
    detectAnomaly(masked, { nanOnly: true });
    expect(x.grad!.toArray()).toEqual([1, 0]);
    expect(anomalyOf(() => div(0, tensor([0])), { nanOnly: true })).toMatchObject({ op: "div" });
  });

  it("does not mind what a rule takes away itself", () => {
    const x = parameter([1, 0]);
    detectAnomaly(() => sum(mul(square(sqrt(x)), 0)).backward(), { nanOnly: true });
    expect(x.grad!.toArray()).toEqual([0, 0]);
  });

  it("works inside of transforms", () => {
    const slope = anomalyOf(() => grad((x: Tensor) => sum(sqrt(x)))(tensor([0])));
    expect(slope).toMatchObject({ op: "sqrt", phase: "backward" });
    const tangent = anomalyOf(() => jvp((x: Tensor) => sqrt(x), [tensor([0])], [ones([1])]));
    expect(tangent).toMatchObject({ op: "sqrt", phase: "jvp" });
    expect(tangent.line).toMatch(here);
  });

  it("returns what f returns, ends with it, and wants a synchronous one", () => {
    expect(detectAnomaly(() => sin(tensor([0])).item())).toBe(0);
    expect(log(tensor([0])).item()).toBe(-Infinity);
    expect(() => detectAnomaly(() => Promise.resolve(1))).toThrow(TransformError);
    expect(() => detectAnomaly(() => 1, { nan: true } as never)).toThrow(OptionError);
  });
});

describe("hooks on gradients", () => {
  it("see the whole gradient of a leaf, once, and may replace it", () => {
    const x = parameter([1, 2]);
    const seen: unknown[] = [];
    const stop = x.registerHook((g) => {
      seen.push(g.toArray());
    });
    const halve = x.registerHook((g) => mul(g, 0.5));
    sum(add(square(x), x)).backward();
    expect(seen).toEqual([[3, 5]]);
    expect(x.grad!.toArray()).toEqual([1.5, 2.5]);
    stop();
    halve();
    x.grad = null;
    sum(x).backward();
    expect(seen).toHaveLength(1);
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("act on computed tensors, where all paths have come together", () => {
    const x = parameter([1, 2]);
    const hidden = square(x);
    const seen: unknown[] = [];
    hidden.registerHook((g) => {
      seen.push(g.toArray());
      return clamp(g, { min: -1, max: 1 });
    });
    sum(add(mul(hidden, 3), hidden)).backward();
    expect(seen).toEqual([[4, 4]]);
    expect(x.grad!.toArray()).toEqual([2, 4]);
  });

  it("act inside of grad, and are differentiated with createGraph", () => {
    const f = (x: Tensor) => {
      const hidden = square(x);
      hidden.registerHook((g) => mul(g, 10));
      return sum(hidden);
    };
    expect(grad(f)(tensor([1, 2])).toArray()).toEqual([20, 40]);
    const x = parameter([3]);
    x.registerHook((g) => square(g));
    sum(square(x)).backward({ createGraph: true });
    expect(x.grad!.item()).toBe(36);
    const first = x.grad!;
    x.grad = null;
    sum(first).backward();
    // d/dx (2x)² = 8x, and the hook squares it.
    expect(x.grad!.item()).toBe(576);
  });

  it("are refused where no gradient comes, and for results that are none", () => {
    expect(() => tensor([1]).registerHook(() => {})).toThrow(GradientError);
    expect(() => parameter([1]).registerHook(3 as never)).toThrow(OptionError);
    const x = parameter([1, 2]);
    x.registerHook((g) => sum(g));
    expect(() => sum(x).backward()).toThrow(
      /a hook on a gradient: expected nothing, or .*float32 \[2\], got float32 \[\]/,
    );
    expect(x.grad).toBeNull();
  });
});

describe("explain", () => {
  const w = parameter([
    [1, 2],
    [3, 4],
  ]);
  const make = () => mean(square(sub(tanh(matmul(tensor([[1, 0.5]]), w)), 0.25)));

  it("has a line for each call, with shape, bytes, times and the norm of the gradient", () => {
    const report = explain(make());
    expect(report.calls.map(({ op }) => op)).toEqual(["matmul", "tanh", "sub", "square", "mean"]);
    const [product, , , , loss] = report.calls;
    expect(product.outputs[0]).toMatchObject({ shape: [1, 2], bytes: 8 });
    expect(loss.outputs[0].gradientNorm).toBe(1);
    expect(report.calls.every((it) => it.forward! >= 0 && it.backward >= 0)).toBe(true);
    expect(String(report)).toMatch(/^%0 +matmul +c0\[1, 2\], p1\[2, 2\] +\[1, 2\] +8 B/m);
    expect(String(report)).toMatch(/^%2 +sub +%1, 0.25 /m);
    expect(String(report)).toContain("5 calls, 36 B,");
  });

  it("finds the gradients that backward finds, and leaves everything as it is", () => {
    const loss = make();
    const [leaf] = explain(loss).leaves.filter(({ kind }) => kind === "parameter");
    expect(w.grad).toBeNull();
    loss.backward();
    const norm = Math.hypot(...(w.grad!.data as Float32Array));
    expect(leaf.gradientNorm).toBeCloseTo(norm, 6);
    w.grad = null;
  });

  it("shows NaN, and norms that neither overflow nor vanish", () => {
    const x = parameter([1e30, 1e30]);
    const [leaf] = explain(sum(mul(x, 1e-30))).leaves;
    expect(leaf.value / 1e30).toBeCloseTo(Math.SQRT2, 5);
    expect(leaf.gradientNorm! * 1e30).toBeCloseTo(Math.SQRT2, 5);
    const bad = explain(sum(mul(tensor([NaN]), x.reshape([2]))));
    expect(bad.leaves.some(({ gradientNorm }) => Number.isNaN(gradientNorm))).toBe(true);
  });

  it("wants a tape that is there", () => {
    expect(() => explain(tensor(1))).toThrow(GradientError);
    const loss = make();
    loss.backward();
    w.grad = null;
    expect(() => explain(loss)).toThrow(/used up/);
    expect(() => grad((x: Tensor) => (explain(sum(x)), sum(x)))(w)).toThrow(TransformError);
  });
});

describe("pictures of the tape", () => {
  const x = parameter([1, 2]);
  const make = () => {
    const hidden = mul(sin(x), 2);
    return sum(maximum(add(hidden, x), cos(hidden)));
  };

  it("have a box for each call and each use of a leaf, for Graphviz", () => {
    const dot = toDot(make());
    expect(dot).toMatch(/^digraph tape \{/);
    expect(dot.match(/label="(\w+( \d)?)\\n/g)).toEqual(
      ["sin", "mul 2", "add", "cos", "maximum", "sum", "parameter 0", "parameter 0"].map(
        (title) => `label="${title}\\n`,
      ),
    );
    expect(dot.match(/->/g)).toHaveLength(8);
  });

  it("are SVG with boxes that do not overlap, inside of the page", () => {
    const svg = toSvg(make());
    const boxes = [
      ...svg.matchAll(/class="box" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="(\d+)"/g),
    ].map(([, ...numbers]) => numbers.map(Number));
    expect(boxes).toHaveLength(8);
    boxes.forEach(([ax, ay, aw, ah], i) => {
      expect(Math.min(ax, ay)).toBeGreaterThanOrEqual(-0.1);
      for (const [bx, by, bw, bh] of boxes.slice(0, i)) {
        const apart = ax + aw <= bx || bx + bw <= ax || ay + ah <= by || by + bh <= ay;
        expect(apart).toBe(true);
      }
    });
    expect(svg.match(/marker-end/g)).toHaveLength(8);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it("are read from top to bottom: every arrow goes down", () => {
    const paths = [
      ...toSvg(make()).matchAll(/<path d="M[-\d.]+ ([-\d.]+)C.* ([-\d.]+)" marker-end/g),
    ];
    expect(paths).toHaveLength(8);
    for (const [, from, to] of paths) expect(Number(to)).toBeGreaterThan(Number(from));
  });

  it("are as wide as they must be: a chain of calls goes straight down, with its weights beside it", () => {
    let y: Tensor = x;
    for (let i = 0; i < 50; i++) y = (i % 2 ? mul : add)(y, parameter([1, 2]));
    const svg = toSvg(sum(y));
    expect(svg.match(/class="box"/g)).toHaveLength(102);
    const [, width] = /<svg [^>]*width="(\d+)"/.exec(svg)!;
    const widest = Math.max(
      ...[...svg.matchAll(/class="box" [^>]*width="([\d.]+)"/g)].map(([, w]) => Number(w)),
    );
    expect(Number(width)).toBeLessThan(4 * widest);
  });

  it("show in red where a number is none", () => {
    expect(toSvg(sum(log(parameter([0, 1]))))).toContain('class="call bad"');
    expect(toSvg(make())).not.toContain(" bad");
  });
});
