// When an axis becomes symbolic, what falls back to a program for each size, and what is said about it.
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  add,
  conv2d,
  defineOp,
  embedding,
  Generator,
  grad,
  matmul,
  max,
  mean,
  mul,
  NDArray,
  noGrad,
  notBatchable,
  ones,
  samples,
  softmax,
  sum,
  tanh,
  tensor,
  transpose,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Dropout, parameter } from "@wengert/nn";
import { compile } from "../../src/index.ts";
import { caught, expectClose, labels, seeded } from "./support.ts";
import { expectAsEager } from "./symbolic.support.ts";

const f = (x: Tensor): Tensor => softmax(tanh(matmul(x, ones([3, 4], { dtype: "float64" }))));
const rows = (n: number): Tensor => seeded([n, 3], n);
const sizeOf = (x: Tensor): number => (x.shape as readonly number[])[0];

describe("an axis becomes symbolic", () => {
  it("when its third size comes; then no size is compiled but those beyond the capacity", () => {
    const compiled = compile(f);
    const counts = [20, 10, 15, 11, 12, 32, 2, 33, 40, 65, 20, 10].map((n) => {
      expectClose(compiled(rows(n)), f(rows(n)), 1e-12);
      return compiled.compilations;
    });
    expect(counts).toEqual([1, 2, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5]);
    expect(compiled.explain({ warmUpMs: 0 }).symbolic).toEqual([
      "one program for sizes of axis 0 of tensor 0, up to 128",
    ]);
    expect(String(compiled.explain({ warmUpMs: 0 }))).toContain(
      "sizes    one program for sizes of axis 0",
    );
  });

  it("with the first call, if it is named", () => {
    const compiled = compile(f, { symbolic: [0] });
    for (const n of [16, 3, 5, 16, 2, 9]) expectClose(compiled(rows(n)), f(rows(n)), 1e-12);
    expect(compiled.compilations).toBe(1);
    compiled(rows(17));
    expect(compiled.compilations).toBe(2);
  });

  it("together with others of the same size, in arguments of any tree", () => {
    type Batch = { x: Tensor; more: [Tensor, Tensor] };
    const g = ({ x, more: [y, w] }: Batch, scale: number): Tensor =>
      mul(sum(mul(matmul(x, w), y)), scale);
    const batch = (n: number): Batch => ({
      x: rows(n),
      more: [seeded([n, 2], n), seeded([3, 2], 5)],
    });
    for (const symbolic of [undefined, [0, 0, null]] as const) {
      const compiled = compile(g, { symbolic });
      for (const n of [4, 5, 6, 7, 2, 8]) expectClose(compiled(batch(n), 2), g(batch(n), 2), 1e-12);
      expect(compiled.compilations).toBe(symbolic ? 2 : 3);
      // Another number is another kind of call.
      expectClose(compiled(batch(9), 3), g(batch(9), 3), 1e-12);
      expect(compiled.compilations).toBe(symbolic ? 3 : 4);
    }
  });

  it("but not if it is refused", () => {
    const compiled = compile(f, { symbolic: false });
    for (const n of [4, 5, 6, 7, 8]) expectClose(compiled(rows(n)), f(rows(n)), 1e-12);
    expect(compiled.compilations).toBe(5);
    expect(compiled.explain({ warmUpMs: 0 }).symbolic).toEqual([]);
  });

  it("for each kind of call by itself: dtypes, ranks, the grad mode", () => {
    const g = (x: Tensor): Tensor => mean(mul(x, x));
    const compiled = compile(g);
    for (const n of [3, 4, 5, 6]) {
      for (const x of [seeded([n], n), seeded([n], n, "float32"), seeded([n, 2], n)]) {
        expectClose(compiled(x), g(x), 1e-6);
        noGrad(() => expectClose(compiled(x), g(x), 1e-6));
      }
    }
    expect(compiled.explain({ warmUpMs: 0 }).symbolic).toHaveLength(6);
  });

  it("for each state of what the function depends on", () => {
    const dropout = new Dropout(0.5, { generator: new Generator(1) });
    const judge = new Dropout(0.5, { generator: new Generator(1) });
    const compiled = compile((x: Tensor) => dropout.forward(x));
    for (const mode of [true, false, true, false]) {
      dropout.train(mode);
      judge.train(mode);
      for (const n of [9, 12, 16, 5, 7, 10]) {
        expectClose(compiled(rows(n)), judge.forward(rows(n)), 1e-12);
      }
    }
    expect(compiled.compilations).toBe(6);
    expect(compiled.explain({ warmUpMs: 0 }).symbolic).toHaveLength(2);
  });

  it("one axis after the other", () => {
    const g = (x: Tensor): Tensor => softmax(mul(x, 2));
    const compiled = compile(g);
    const shapes = [3, 4, 5].flatMap((a) => [6, 7, 8, 9, 10, 11, 12].map((b) => [a, b]));
    for (const shape of [...shapes, [6, 9], [7, 9]]) {
      const x = seeded(shape, 1);
      expectClose(compiled(x), g(x), 1e-12);
    }
    // For each first size: two sizes, one program for all, and one beyond its capacity; and the last two.
    expect(compiled.compilations).toBeLessThanOrEqual(3 * 4 + 3);
  });

  it("and the type stays that of the function", () => {
    const typed = (x: Tensor<[number, 3]>, y: Tensor<[number]>): Tensor<[number]> =>
      add(sum(x, { axis: 1 }), y);
    const compiled = compile(typed, { symbolic: [0, 0] });
    expectTypeOf(compiled).toExtend<typeof typed>();
    expectClose(compiled(ones([4, 3]), ones([4])), tensor([4, 4, 4, 4]), 0);
  });
});

describe("sizes that are special have their own programs", () => {
  it("1, which broadcasts, and 0", () => {
    const g = (x: Tensor, y: Tensor): Tensor => add(x, y);
    const compiled = compile(g);
    for (const n of [5, 6, 7, 1, 0, 8, 1]) {
      const [x, y] = [seeded([n, 3], n), seeded([n, 3], n + 1)];
      expectClose(compiled(x, y), g(x, y), 0);
    }
    expect(compiled.compilations).toBe(5);
    // Only one of them has one row: it is repeated.
    expectClose(compiled(rows(1), rows(4)), g(rows(1), rows(4)), 0);
    const first = compile(g, { symbolic: [0, 0] });
    for (const n of [1, 0, 4, 9]) expectClose(first(rows(n), rows(n)), g(rows(n), rows(n)), 0);
  });

  it("where shapes do not fit: the error of eager code", () => {
    const g = (x: Tensor, y: Tensor): Tensor => add(x, y);
    const compiled = compile(g);
    for (const n of [5, 6, 7, 8]) compiled(rows(n), rows(n));
    const [x, y] = [rows(4), rows(9)];
    expect(caught(() => compiled(x, y)).message).toBe(caught(() => g(x, y)).message);
    expectClose(compiled(rows(9), rows(9)), g(rows(9), rows(9)), 0);
    const empty = compile((v: Tensor) => max(v));
    for (const n of [5, 6, 7]) empty(rows(n));
    expect(() => empty(rows(0))).toThrow("max");
  });
});

describe("a program for each size, with the reason", () => {
  const reasonFor = (g: (x: Tensor) => unknown, sizes = [8, 12, 16, 6, 10]): string => {
    const compiled = expectAsEager(g, (n) => [rows(n)], { sizes, tolerance: 1e-12 });
    expect(compiled.compilations).toBe(sizes.length);
    const [reason] = compiled.explain({ warmUpMs: 0 }).symbolic;
    expect(reason).toMatch(/^a program for each of axis 0 of tensor 0: /);
    return reason;
  };

  it("sizes that are no polynomials", () => {
    const halves = (x: Tensor): unknown => add(x.reshape([sizeOf(x) / 2, 6]) as Tensor, 1);
    expect(reasonFor(halves)).toContain("no polynomial of the size");
  });

  it("other kernels for other sizes", () => {
    const loop = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < sizeOf(x); i++) y = tanh(y);
      return y;
    };
    expect(reasonFor(loop)).toMatch(/something else for another size \(.* kernels\)/);
  });

  it("constants that depend on the size", () => {
    const squares = (x: Tensor): Tensor =>
      mul(
        x,
        tensor(Float64Array.from({ length: sizeOf(x) }, (_, i) => i * i)).reshape([
          sizeOf(x),
          1,
        ]) as Tensor,
      );
    expect(reasonFor(squares)).toContain("a constant depends on the size");
  });

  it("only where the function does something else: every size is recorded", () => {
    const g = (x: Tensor): Tensor => (sizeOf(x) > 50 ? mul(x, 2) : add(x, 1));
    const compiled = compile(g);
    for (const n of [8, 12, 16, 49, 50, 51, 52, 9]) expectClose(compiled(rows(n)), g(rows(n)), 0);
    expect(compiled.compilations).toBe(2 + 3 + 2 - 1);
    expect(compiled.explain({ warmUpMs: 0 }).symbolic[1]).toMatch(
      /a program for each of 51: .* for size 51/,
    );
  });

  it("functions that take no other size than the first", () => {
    const w = seeded([8, 3], 1);
    const compiled = compile((x: Tensor) => add(x, w), { symbolic: [0] });
    expectClose(compiled(rows(8)), add(rows(8), w), 0);
    expect(compiled.compilations).toBe(1);
    expect(compiled.explain({ warmUpMs: 0 }).symbolic[0]).toMatch(
      /a program for each of axis 0 of tensor 0: add/,
    );
  });
});

describe("programs for many sizes", () => {
  it("write cells, keep and accumulate gradients", () => {
    const make = () => {
      const w = parameter(seeded([3, 2], 1)) as Tensor;
      const total = zeros([], { dtype: "float64" });
      return {
        w,
        total,
        step: (x: Tensor): Tensor => {
          const loss = mean(tanh(matmul(x, w))) as Tensor;
          loss.backward();
          total.copyFrom(add(total, loss));
          return loss;
        },
      };
    };
    const [eager, twin] = [make(), make()];
    const compiled = compile(twin.step);
    for (const n of [4, 5, 6, 7, 8, 2, 3]) {
      expectClose(compiled(rows(n)), eager.step(rows(n)), 1e-12);
      expectClose([twin.w.grad!, twin.total], [eager.w.grad!, eager.total], 1e-12);
    }
    expect(compiled.compilations).toBeLessThanOrEqual(5);
  });

  it("run off the thread, one size after another", async () => {
    const compiled = compile(f, { symbolic: [0] });
    for (const n of [16, 5, 9, 20]) {
      expectClose(await compiled.async(rows(n)), f(rows(n)), 1e-12);
      expectClose(compiled(rows(n + 1)), f(rows(n + 1)), 1e-12);
    }
  });

  it("call out to host ops with arrays of the size", () => {
    const shapes: string[] = [];
    const doubled = defineOp({
      name: "doubledByHost",
      arity: 1,
      broadcasts: false,
      shape: ([x]) => [x],
      body: (k, [x]) => [
        k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data, shape }], out) => {
          shapes.push(`${shape.join()} ${data.length} ${out.length}`);
          out.set(data.map((value) => 2 * value));
        }),
      ],
      vjp: "not differentiable",
      jvp: "not differentiable",
      batch: notBatchable,
      samples: (draw) => ({ inputs: [samples.reals(draw, [3])], attrs: {} }),
      reference: ([x]) =>
        new NDArray(
          x.shape,
          x.data.map((value) => 2 * value),
        ),
    });
    const compiled = compile((x: Tensor) => add(doubled(add(x, 1) as Tensor), 1), {
      symbolic: [0],
    });
    for (const n of [8, 3, 5]) {
      expectClose(compiled(rows(n)), add(mul(add(rows(n), 1), 2), 1), 1e-12);
      expect(shapes.at(-1)).toBe(`${n},3 ${3 * n} ${3 * n}`);
    }
    expect(compiled.compilations).toBe(1);
  });

  it("check indices, before anything is written", () => {
    const table = seeded([4, 2], 1);
    const total = zeros([], { dtype: "float64" });
    const look = (at: Tensor): Tensor => {
      total.copyFrom(add(total, 1));
      return sum(embedding(at, table)) as Tensor;
    };
    const compiled = compile(look, { symbolic: [0] });
    for (const n of [6, 4, 9]) {
      expectClose(compiled(labels(n, 4)), sum(embedding(labels(n, 4), table)), 1e-12);
    }
    const wrong = tensor([0, 1, 2, 3, 4, 0, 1], { dtype: "int32" });
    const before = total.item();
    expect(caught(() => compiled(wrong)).message).toBe(
      caught(() => embedding(wrong, table)).message,
    );
    expect(total.item()).toBe(before);
  });

  it.each([0, 2])("give up what they assume, and go on: axis %i of images", (axis) => {
    const kernel = seeded([2, 2, 3, 3], 1);
    const g = (x: Tensor): Tensor =>
      grad((v: Tensor) => sum(tanh(conv2d(v, kernel, { padding: 1 }))) as Tensor)(x) as Tensor;
    const compiled = compile(g, { symbolic: [axis] });
    const images = (n: number): Tensor => seeded([4, 2, 5, 5].with(axis, n), n);
    for (const n of [8, 3]) expectClose(compiled(images(n)), g(images(n)), 1e-10);
    kernel.copyFrom(mul(kernel, Infinity));
    for (const n of [3, 8, 5]) expectClose(compiled(images(n)), g(images(n)), 1e-10);
  });

  it("are forgotten with the function, and serve transforms as the function itself", () => {
    const compiled = compile(f);
    for (const n of [3, 4, 5, 6]) {
      const by = (h: typeof f) => grad((x: Tensor) => sum(transpose(h(x))) as Tensor)(rows(n));
      expectClose(by(compiled), by(f), 1e-12);
    }
    expect(compiled.compilations).toBe(0);
  });

  it.each([[["0"]], [true], [[0, 1.5]], [[3]], [[0, 0]]])(
    "options that make no sense: %j",
    (symbolic) => {
      expect(() => compile(f, { symbolic: symbolic as never })(rows(4))).toThrow(/axis|symbolic/);
    },
  );
});
