import { describe, expect, it, vi } from "vitest";
import type { Executor } from "../src/kernel/executor.ts";
import { createFast, fast } from "../src/kernel/fast/index.ts";
import { canGenerate } from "../src/kernel/fast/source.ts";
import * as s from "../src/kernel/scalar.ts";
import type { Expr } from "../src/kernel/expr.ts";
import { dtypes, isFloat } from "../src/tensor/dtype.ts";
import { IndexRangeError } from "../src/tensor/errors.ts";
import { layoutOf } from "../src/tensor/layout.ts";
import { sizeOf } from "../src/tensor/shape.ts";
import { Storage } from "../src/tensor/storage.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import {
  awkward,
  check,
  compare,
  drawBroadcastable,
  drawExpr,
  drawPermutation,
  drawShape,
  drawSquare,
  drawStep,
  drawTensor,
  moderate,
  type Body,
  type Values,
} from "./fast.support.ts";

const executors: readonly (readonly [string, Executor])[] = [
  ["with generated code", fast],
  ["without generated code", createFast(() => false)],
];

describe.each(executors)("the fast executor %s agrees with the reference on", (_, executor) => {
  it("maps", () => {
    check((draw) => {
      const shape =
        draw.int(0, 5) === 0 ? draw.pick([[300], [17, 19], [3, 2, 64]]) : drawShape(draw);
      const types = Array.from({ length: draw.int(1, 4) }, () => draw.pick(dtypes));
      const inputs = types.map((dtype) => drawTensor(draw, dtype, drawBroadcastable(draw, shape)));
      compare(executor, inputs, (k, values) => [
        k.map(values, (...args) => drawExpr(draw, args, types)),
      ]);
    }, 600);
  });

  it("maps of a repeated input", () => {
    check((draw) => {
      const x = drawTensor(draw, "float64", drawShape(draw));
      compare(executor, [x], (k, [v]) => [k.map([v, v], s.mul), k.map([v], s.exp), v, v]);
    }, 30);
  });

  it("sums", () => {
    check((draw) => {
      const shape = drawShape(draw);
      const axes = shape.map((_, d) => d).filter(() => draw.int(0, 1) === 1);
      const x = drawTensor(draw, draw.pick(dtypes), shape, draw.pick([moderate, awkward]));
      const finite = x.data.filter((v) => Number.isFinite(v)).map(Math.abs) as Float64Array;
      const scale = finite.reduce((a, b) => a + b, 1);
      compare(executor, [x], (k, [v]) => [k.reduce("sum", v, axes, true)], { ulps: 4, scale });
    }, 400);
  });

  it("products", () => {
    check((draw) => {
      const shape = drawShape(draw, draw.int(0, 3));
      const axes = shape.map((_, d) => d).filter(() => draw.int(0, 1) === 1);
      const near: Values = (d) => d.pick([1, 1, 1, 1.1, 0.9, -1, NaN, 0.5, 2]);
      const x = drawTensor(draw, draw.pick(dtypes), shape, near);
      compare(executor, [x], (k, [v]) => [k.reduce("prod", v, axes)], { ulps: 40 });
    });
  });

  it("extrema and their indices", () => {
    check((draw) => {
      const shape = drawShape(draw, draw.int(1, 4));
      const axes = shape.map((_, d) => d).filter(() => draw.int(0, 1) === 1);
      const axis = draw.int(0, shape.length - 1);
      const values: Values = draw.int(0, 1) ? moderate : awkward;
      const x = drawTensor(draw, draw.pick(dtypes), shape, values);
      compare(executor, [x], (k, [v]) => [
        k.reduce("max", v, axes),
        k.reduce("min", v, axes),
        k.argReduce("max", v, axis),
        k.argReduce("min", v, axis),
      ]);
    }, 300);
  });

  it("long sums in either direction", () => {
    check((draw) => {
      const shape = draw.pick([
        [3, 1100],
        [1100, 3],
        [2, 1300],
        [1500, 1],
        [7, 3, 200],
        [1030, 2, 2],
        [600, 2, 3],
      ]);
      const order = drawPermutation(draw, shape.length);
      const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 7.3));
      const strides = [...shape].map((_, d) => sizeOf(shape.slice(d + 1)));
      const layout = layoutOf(
        "float64",
        order.map((d) => shape[d]),
        order.map((d) => strides[d]),
      );
      const x = new Tensor(layout, new Storage(data), 0);
      const op = draw.pick(["sum", "max"] as const);
      const subsets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];
      const possible = subsets.filter((axes) => axes.every((axis) => axis < shape.length));
      const body: Body = (k, [v]) => possible.map((axes) => k.reduce(op, v, axes));
      compare(executor, [x], body, { ulps: 16, scale: 100 });
    }, 24);
  });

  it("scans", () => {
    check((draw) => {
      const shape = drawShape(draw, draw.int(1, 4));
      const dtype = draw.pick(["float32", "float64", "int32"] as const);
      const inputs = [drawTensor(draw, dtype, shape), drawTensor(draw, dtype, shape)];
      const [axis, init] = [draw.int(0, shape.length - 1), draw.int(-1, 1)];
      const reverse = draw.int(0, 1) === 1;
      compare(executor, inputs, (k, [a, b]) => [
        k.scan([a, b], { axis, init, reverse }, (carry, x, y) => s.add(s.mul(carry, x), y)),
        k.scan([a], { axis, init, reverse }, (carry, x) => s.max(carry, x)),
      ]);
    });
  });

  it("views and reshapes", () => {
    check((draw) => {
      const shape = drawShape(draw);
      const x = drawTensor(draw, draw.pick(dtypes), shape);
      const axes = drawPermutation(draw, shape.length);
      const step = draw.pick([1, -1]);
      compare(executor, [x], (k, [v]) => {
        const permuted = k.permute(v, axes);
        const flipped = k.view(v, {
          shape,
          axes: shape.map((_, d) => d),
          steps: shape.map(() => step),
          starts: shape.map((n) => (step < 0 ? Math.max(0, n - 1) : 0)),
        });
        const flat = k.reshape(permuted, [sizeOf(shape)]);
        return [
          permuted,
          flipped,
          flat,
          k.reshape(flat, shape),
          k.expand(flipped, [2, ...shape]),
          v,
        ];
      });
    });
  });

  it("pads", () => {
    check((draw) => {
      const shape = drawShape(draw);
      const x = drawTensor(draw, draw.pick(dtypes), shape);
      const interior = shape.map(() => draw.pick([0, 0, 1, 2]));
      const full = shape.map((n, d) => n + Math.max(0, n - 1) * interior[d]);
      const low = shape.map((_, d) => draw.int(-Math.min(2, full[d]), 3));
      const high = shape.map((_, d) => Math.max(draw.int(-2, 3), -full[d] - low[d]));
      const value = draw.pick([0, 0, 1]);
      compare(executor, [x], (k, [v]) => [k.pad(v, low, high, { interior, value })]);
    }, 300);
  });

  it("concatenations", () => {
    check((draw) => {
      const shape = drawShape(draw, draw.int(1, 4));
      const [axis, dtype] = [draw.int(0, shape.length - 1), draw.pick(dtypes)];
      const inputs = Array.from({ length: draw.int(1, 3) }, () =>
        drawTensor(draw, dtype, shape.with(axis, draw.int(0, 30))),
      );
      compare(executor, inputs, (k, values) => [k.concat(values, axis)]);
    });
  });

  it("contractions", () => {
    check((draw) => {
      const dtype = draw.pick(["float32", "float64", "int32"] as const);
      const sizes = Array.from({ length: 6 }, () => draw.pick([0, 1, 2, 2, 3, 3, 4, 5]));
      const roles = sizes.map(() => draw.pick(["batch", "m", "n", "k", "k", "none"]));
      const labelled = (...names: string[]) =>
        sizes.map((_, label) => label).filter((label) => names.includes(roles[label]));
      const shuffled = (labels: number[]) =>
        draw.int(0, 1) ? labels : drawPermutation(draw, labels.length).map((i) => labels[i]);
      const a = shuffled(labelled("batch", "m", "k"));
      const b = shuffled(
        draw.int(0, 1) ? labelled("batch", "k", "n") : labelled("batch", "n", "k"),
      );
      const out = shuffled([...labelled("batch"), ...labelled("m"), ...labelled("n")]);
      const [x, y] = [a, b].map((labels) =>
        drawTensor(
          draw,
          dtype,
          labels.map((label) => sizes[label]),
          moderate,
        ),
      );
      const scale = 9 * Math.max(1, sizeOf(labelled("k").map((label) => sizes[label])));
      compare(executor, [x, y], (k, [v, w]) => [k.contract(v, a, w, b, out)], { ulps: 2, scale });
    }, 500);
  });

  it("a contraction over a sliding window", () => {
    check((draw) => {
      const [n, c, h, e] = [draw.int(1, 2), draw.int(1, 3), draw.int(3, 6), draw.int(1, 4)];
      const x = drawTensor(draw, "float64", [n, c, h, h], moderate);
      const w = drawTensor(draw, "float64", [e, c, 2, 2], moderate);
      compare(
        executor,
        [x, w],
        (k, [v, kernel]) => {
          const windows = k.view(v, {
            shape: [n, c, h - 1, h - 1, 2, 2],
            axes: [0, 1, 2, 3, 2, 3],
            steps: [1, 1, 1, 1, 1, 1],
            starts: [0, 0, 0, 0],
          });
          return [k.contract(windows, [0, 1, 2, 3, 4, 5], kernel, [6, 1, 4, 5], [0, 6, 2, 3])];
        },
        { ulps: 4, scale: 100 },
      );
    }, 40);
  });

  it("gathers and scatters", () => {
    check((draw) => {
      const shape = drawShape(draw, draw.int(1, 3)).map((n) => Math.max(1, n));
      const [axis, dtype] = [draw.int(0, shape.length - 1), draw.pick(dtypes)];
      const some = shape.with(axis, draw.int(0, 4));
      const x = drawTensor(draw, dtype, shape, moderate);
      const index = drawTensor(draw, "int32", some);
      const { data } = index.storage!;
      for (let i = 0; i < data.length; i++) data[i] = draw.int(0, shape[axis] - 1);
      const source = drawTensor(draw, dtype, some, moderate);
      compare(
        executor,
        [x, index, source],
        (k, [v, i, w]) => [k.gather(v, i, axis), k.scatterAdd(v, i, w, axis)],
        { ulps: isFloat(dtype) ? 4 : 0, scale: 10 },
      );
    }, 300);
  });

  it("indices out of range", () => {
    for (const bad of [-1, 3]) {
      const x = new Tensor(layoutOf("float32", [3], [1]), new Storage(new Float32Array(3)), 0);
      const wrong = new Tensor(layoutOf("int32", [2], [1]), new Storage(Int32Array.of(0, bad)), 0);
      const source = new Tensor(layoutOf("float32", [2], [1]), new Storage(new Float32Array(2)), 0);
      const gather: Body = (k, [v, i]) => [k.gather(v, i, 0)];
      const scatter: Body = (k, [v, i, w]) => [k.scatterAdd(v, i, w, 0)];
      expect(() => compare(executor, [x, wrong], gather)).toThrow(IndexRangeError);
      expect(() => compare(executor, [x, wrong, source], scatter)).toThrow(IndexRangeError);
    }
  });

  it("iota, random and host functions", () => {
    check((draw) => {
      const shape = drawShape(draw, draw.int(1, 3));
      const state = drawTensor(draw, "int32", [4]);
      const x = drawTensor(draw, draw.pick(dtypes), shape);
      compare(executor, [state, x], (k, [key, v]) => [
        k.iota(shape, draw.int(0, shape.length - 1)),
        k.random(key, shape),
        k.host([v], { shape: v.shape, dtype: "float64" }, ([{ data }], out) => {
          out.set(Float64Array.from(data).reverse());
        }),
      ]);
    }, 60);
  });

  it("assignments, also of a tensor to its own memory", () => {
    check((draw) => {
      const n = draw.int(0, 5);
      const dtype = draw.pick(dtypes);
      const target = drawSquare(draw, dtype, n, "plain");
      const value = drawSquare(
        draw,
        dtype,
        n,
        draw.pick(["plain", "transposed", "flipped"]),
        target,
      );
      compare(executor, [target, value], (k, [t, v]) => [k.assign(t, v), t]);
      compare(executor, [value, target], (k, [t, v]) => [k.assign(t, k.permute(v, [1, 0]))]);
    });
  });

  it("maps that are assigned", () => {
    check((draw) => {
      const n = draw.pick([0, 1, 2, 3, 5, 17]);
      const target = drawSquare(draw, "float32", n, "plain");
      const kinds = ["plain", "plain", "transposed", "flipped"] as const;
      const g = drawSquare(draw, "float32", n, draw.pick(kinds), target);
      const lr = drawTensor(draw, "float32", [], moderate);
      const step = (p: Expr, d: Expr, rate: Expr) => s.sub(p, s.mul(rate, d));
      const inputs = [target, g, lr];
      compare(executor, inputs, (k, [p, d, rate]) => [k.assign(p, k.map([p, d, rate], step))]);
      compare(executor, inputs, (k, [p, d, rate]) => {
        const update = k.map([p, d, rate], step);
        return [k.assign(p, update), update];
      });
      compare(executor, inputs, (k, [p, d, rate]) => {
        const first = k.map([d, rate], s.mul);
        const second = k.map([p, d], s.add);
        // The second map sees what the target was before the first assignment.
        const once = k.assign(p, first);
        return [once, k.assign(once, second)];
      });
    });
  });

  it("programs of many steps", () => {
    check((draw) => {
      const shape = [draw.int(1, 4), draw.int(1, 4)];
      const inputs = [
        drawTensor(draw, "float64", shape, moderate),
        drawTensor(draw, "float64", shape, moderate),
      ];
      compare(
        executor,
        inputs,
        (k, values) => {
          const pool = [...values];
          for (let i = draw.int(0, 8); i > 0; i--) pool.push(drawStep(draw, k, pool));
          return Array.from({ length: draw.int(1, 4) }, () => draw.pick(pool));
        },
        { ulps: 1000 },
      );
    }, 300);
  });
});

describe("generated code", () => {
  it("is found out to be forbidden, and is then not used", () => {
    const forbidden = vi.fn(function () {
      throw new EvalError("unsafe-eval");
    });
    vi.stubGlobal("Function", forbidden);
    try {
      expect(canGenerate()).toBe(false);
      const x = new Tensor(layoutOf("float32", [2], [1]), new Storage(Float32Array.of(1, 2)), 0);
      forbidden.mockClear();
      const body: Body = (k, [v]) => {
        const doubled = k.map([v], (e) => s.mul(e, 2));
        return [
          doubled,
          k.reduce("sum", doubled, [0]),
          k.contract(v, [0], v, [0], []),
          k.assign(v, doubled),
        ];
      };
      compare(createFast(canGenerate), [x], body);
      expect(forbidden).toHaveBeenCalledTimes(1);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(canGenerate()).toBe(true);
  });
});
