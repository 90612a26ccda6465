// scan as a loop of a compiled program.
import { describe, expect, it } from "vitest";
import {
  add,
  checkpoint,
  cos,
  crossEntropy,
  defineOp,
  gather,
  Generator,
  grad,
  IndexRangeError,
  jvp,
  matmul,
  mul,
  normal,
  pointwise,
  reshape,
  scalar,
  scan,
  sin,
  slice,
  square,
  sub,
  sum,
  tanh,
  tensor,
  transpose,
  uniform,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { compile } from "@wengert/compile";
import { SGD } from "@wengert/optim";

const generator = new Generator(5);
const random = (...shape: number[]): Tensor => normal(shape, { std: 0.4, generator }) as Tensor;
const total = (x: Tensor): Tensor => sum(x) as Tensor;

function agree(ours: Tensor, expected: Tensor, tolerance = 2e-5) {
  expect(ours.shape).toEqual(expected.shape);
  const values = expected.data;
  ours.data.forEach((value, i) => {
    if (!(Math.abs(value - values[i]) <= tolerance * (1 + Math.abs(values[i])))) {
      expect.fail(`${value} is not ${values[i]} (element ${i})`);
    }
  });
}

const rnn = (wx: Tensor, wh: Tensor, h: Tensor, xs: Tensor, reverse = false) =>
  scan(
    (h: Tensor, x: Tensor) => {
      const next = tanh(add(matmul(x, wx), matmul(h, wh))) as Tensor;
      return [next, next];
    },
    h,
    xs,
    { reverse },
  ) as [Tensor, Tensor];

describe.each([
  { batch: 2, units: 5, time: 7 },
  { batch: 1, units: 3, time: 1 },
  // Large enough for all threads to have a share in a turn.
  { batch: 64, units: 128, time: 9 },
])("a recurrent network: $batch × $units, $time turns", ({ batch, units, time }) => {
  const [wx, wh, h, xs] = [
    random(6, units),
    random(units, units),
    random(batch, units),
    random(time, batch, 6),
  ];
  const scale = 1 / Math.sqrt(units);

  it.each([false, true])("is one loop, forward and backward (reverse %s)", (reverse) => {
    const loss = (wx: Tensor, wh: Tensor, h: Tensor, xs: Tensor) => {
      const [last, ys] = rnn(wx, mul(scale, wh) as Tensor, h, xs, reverse);
      return add(total(square(last)), total(sin(ys))) as Tensor;
    };
    const f = grad(loss, { argnums: [0, 1, 2, 3] });
    const fast = compile(f);
    for (let call = 0; call < 3; call++) {
      const ours = fast(wx, wh, h, xs);
      f(wx, wh, h, xs).forEach((g, i) => agree(ours[i], g, 1e-4));
    }
    const loops = fast.explain({ warmUpMs: 0 }).kernels.filter(({ kind }) => kind === "turns");
    expect(loops).toHaveLength(2);
    expect(loops[0].ops).toContain("scan");
  });
});

describe("a loop", () => {
  it("is compiled in the time of its body: the length makes no difference to the program", () => {
    const bytes = [3, 300].map((time) => {
      const f = compile((h: Tensor, xs: Tensor) => rnn(wx, wh, h, xs)[0]);
      const [wx, wh] = [random(6, 8), random(8, 8)];
      f(random(2, 8), random(time, 2, 6));
      return f.explain({ warmUpMs: 0 }).moduleBytes;
    });
    expect(Math.abs(bytes[1] - bytes[0])).toBeLessThan(64);
  });

  it("trains: weights are read afresh in each call, and written", () => {
    const train = (compiled: boolean) => {
      const generator = new Generator(3);
      const make = (...shape: number[]) => {
        const w = normal(shape, { std: 0.3, generator }) as Tensor;
        w.requiresGrad = true;
        return w;
      };
      const [wx, wh, out] = [make(4, 8), make(8, 8), make(8, 3)];
      const optimizer = new SGD([wx, wh, out], { lr: 0.1 });
      const step = (xs: Tensor, labels: Tensor) => {
        optimizer.zeroGrad();
        const [, states] = rnn(wx, wh, zeros([2, 8]), xs);
        const logits = matmul(reshape(states, [12, 8]), out) as Tensor;
        const loss = crossEntropy(logits, labels) as Tensor;
        loss.backward();
        optimizer.step();
        return loss;
      };
      const run = compiled ? compile(step) : step;
      const xs = uniform([6, 2, 4], { generator }) as Tensor;
      const labels = tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], { dtype: "int32" });
      return Array.from({ length: 30 }, () => run(xs, labels).item());
    };
    const [ours, expected] = [train(true), train(false)];
    ours.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i], 4));
    expect(ours[29]).toBeLessThan(ours[0]);
  });

  it("swaps carries, keeps them, and hands on slices and constants as they are", () => {
    const f = (a: Tensor, b: Tensor, xs: Tensor) =>
      scan(
        ({ a, b, c }: { a: Tensor; b: Tensor; c: Tensor }, x: Tensor) => [
          { a: b, b: a, c },
          { x, a, sum: add(a, x), c, w: b0 },
        ],
        { a, b, c: b },
        xs,
      );
    const b0 = random(2);
    for (const n of [0, 1, 2, 5]) {
      const args = [random(3), random(3), random(n, 3)] as const;
      const [ours, expected] = [compile(f), f].map((g) => g(...args));
      for (const key of ["a", "b", "c"] as const) agree(ours[0][key], expected[0][key], 0);
      for (const key of ["x", "a", "sum", "c", "w"] as const)
        agree(ours[1][key], expected[1][key], 0);
    }
  });

  it("works on transposed, expanded and sliced tensors, and on dtypes of all kinds", () => {
    const f = (m: Tensor, xs: Tensor, k: Tensor) => {
      const [turned, ys] = scan(
        (m: Tensor, [x, k]: [Tensor, Tensor]) => [
          transpose(add(m, x)) as Tensor,
          [slice(m, [[0, 1]]) as Tensor, add(k, 1) as Tensor, gather(x, k, { axis: 0 }) as Tensor],
        ],
        m,
        [transpose(xs, 0, 1), k],
      );
      return [turned, ...(ys as Tensor[])];
    };
    const args = [
      random(3, 3),
      random(3, 4, 3),
      tensor([[[0, 1, 2]], [[2, 1, 0]], [[1, 1, 1]], [[0, 0, 0]]], { dtype: "int32" }),
    ] as const;
    const [ours, expected] = [compile(f), f].map((g) => g(...args));
    ours.forEach((y, i) => agree(y, expected[i], 1e-6));
  });

  it("nests, in all modes", () => {
    const f = (c: Tensor, xs: Tensor, w: Tensor) => {
      const [last, ys] = scan(
        (c: Tensor, row: Tensor) =>
          scan(
            (c: Tensor, x: Tensor) => [sin(add(mul(c, w), x)) as Tensor, cos(c) as Tensor],
            c,
            row,
            {
              reverse: true,
            },
          ),
        c,
        xs,
      );
      return add(last, total(ys)) as Tensor;
    };
    const args = [random(), random(4, 3), random()] as const;
    const modes = [
      f,
      grad(f, { argnums: [0, 1, 2] }),
      (...a: [Tensor, Tensor, Tensor]) => jvp(f, a, a)[1],
      (c: Tensor, xs: Tensor, w: Tensor) =>
        grad((w: Tensor) => total(grad(f, { argnums: 1 })(c, xs, w)))(w),
      (c: Tensor, xs: Tensor, w: Tensor) =>
        vmap(grad(f), { inAxes: [null, 1, null] })(
          c,
          reshape(xs, [4, 3, 1]).expand([4, 3, 2]).permute([0, 2, 1]) as Tensor,
          w,
        ),
      (c: Tensor, xs: Tensor, w: Tensor) => grad(checkpoint(f), { argnums: 2 })(c, xs, w),
    ] as ((...args: readonly Tensor[]) => Tensor | Tensor[])[];
    for (const mode of modes) {
      const [ours, expected] = [compile(mode), mode].map((g) => [g(...args)].flat());
      ours.forEach((y, i) => agree(y, expected[i], 1e-4));
    }
  });

  it("checks indices inside of it, and fails as eager code does", () => {
    const table = random(4, 2);
    const f = compile((h: Tensor, index: Tensor) =>
      scan(
        (h: Tensor, i: Tensor) => {
          const row = reshape(
            gather(table, i.expand([1, 2]) as Tensor, { axis: 0 }),
            [2],
          ) as Tensor;
          return [add(h, row) as Tensor, row];
        },
        h,
        index,
      ),
    );
    const index = (...list: number[]) => tensor(list, { dtype: "int32" });
    agree(
      f(zeros([2]), index(0, 3, 1))[1] as Tensor,
      gather(
        table,
        tensor(
          [
            [0, 0],
            [3, 3],
            [1, 1],
          ],
          { dtype: "int32" },
        ),
        { axis: 0 },
      ) as Tensor,
    );
    expect(() => f(zeros([2]), index(0, 4, 1))).toThrow(IndexRangeError);
    expect(() => f(zeros([2]), index(0, 4, 1))).toThrow(
      "gather: expected indices from 0 to 3, got 4.",
    );
  });

  it("calls the host turn by turn, where its body does", () => {
    const doubled = defineOp({
      ...pointwise({
        name: "hostDouble",
        arity: 1,
        accepts: "float",
        expr: ([x]) => scalar.mul(2, x),
        partials: [() => 2],
        reference: ([x]) => 2 * x,
      }),
      body: (k, [x]) => [
        k.host([x], x, ([{ data }], out) => {
          for (let i = 0; i < data.length; i++) out[i] = 2 * data[i];
        }),
      ],
    });
    const f = (h: Tensor, xs: Tensor) =>
      scan((h: Tensor, x: Tensor) => [add(doubled(h), x) as Tensor, sub(h, x) as Tensor], h, xs);
    for (const n of [0, 1, 3]) {
      const args = [random(2), random(n, 2)] as const;
      const fast = compile(f);
      const [ours, expected] = [fast, f].map((g) => g(...args));
      ours.forEach((y, i) => agree(y as Tensor, expected[i] as Tensor, 1e-6));
      expect(fast.explain({ warmUpMs: 0 }).hostOps).toHaveLength(n);
    }
  });

  it("leaves out results that nobody uses", () => {
    const f = compile((h: Tensor, xs: Tensor) => {
      const [last] = scan(
        (h: Tensor, x: Tensor) => [add(h, x) as Tensor, matmul(h, h) as Tensor],
        h,
        xs,
      );
      return last;
    });
    f(random(4, 4), random(5, 4, 4));
    const { kernels } = f.explain({ warmUpMs: 0 });
    expect(kernels.find(({ kind }) => kind === "turns")!.description).toMatch(
      /^5 times 1 kernel: map$/,
    );
  });

  it("gives the same bits as its body compiled alone, turn by turn", () => {
    const [wx, wh] = [random(6, 8), random(8, 8)];
    const turn = compile(
      (h: Tensor, x: Tensor) => tanh(add(matmul(x, wx), matmul(h, wh))) as Tensor,
    );
    const [h0, xs] = [random(2, 8), random(5, 2, 6)];
    let h = h0;
    for (let t = 0; t < 5; t++) h = turn(h, slice(xs, [t]) as Tensor);
    agree(compile((h: Tensor, xs: Tensor) => rnn(wx, wh, h, xs)[0])(h0, xs), h, 1e-6);
  });
});
