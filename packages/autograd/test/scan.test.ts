// scan against the loop that it stands for.
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  backward,
  cast,
  grad,
  hessian,
  jvp,
  matmul,
  mul,
  ones,
  scan,
  sin,
  slice,
  square,
  stack,
  tanh,
  tapeOf,
  tensor,
  transpose,
  vjp,
  vmap,
  zeros,
  type ScanOptions,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { f64, parameter, total } from "./doubles.support.ts";
import { agree, loop, scanned, wave, type Loop, type Step } from "./scan.support.ts";

const rnn =
  (wx: Tensor, wh: Tensor): Step =>
  (h, x) => {
    const next = tanh(add(matmul(x, wx), matmul(h, wh))) as Tensor;
    return [next, mul(next, x.sum())] as const as [Tensor, Tensor];
  };
const [wx, wh, h0, xs] = [wave(3, 2), wave(2, 2), wave(2), wave(5, 3)];
const both =
  (run: Loop, options?: ScanOptions) => (wx: Tensor, wh: Tensor, h0: Tensor, xs: Tensor) => {
    const [last, ys] = run(rnn(wx, wh), h0, xs, options);
    return add(total(square(last)), total(sin(ys))) as Tensor;
  };

describe("scan", () => {
  it("is a loop", () => {
    for (const options of [{}, { reverse: true }]) {
      const [ours, expected] = [scanned, loop].map((run) => run(rnn(wx, wh), h0, xs, options));
      agree(ours[0], expected[0]);
      agree(ours[1], expected[1]);
    }
  });

  it("has its derivatives, in both modes, to third order", () => {
    for (const options of [{}, { reverse: true }]) {
      gradcheck(both(scanned, options), [wx, wh, h0, wave(3, 3)], { order: 3 });
      const args: [Tensor, Tensor, Tensor, Tensor] = [wx, wh, h0, xs];
      const all = { argnums: [0, 1, 2, 3] } as const;
      const [ours, expected] = [scanned, loop].map((run) => grad(both(run, options), all)(...args));
      ours.forEach((g, i) => agree(g, expected[i]));
      const [a, b] = [scanned, loop].map((run) => jvp(both(run, options), args, args)[1]);
      agree(a, b);
      const [H, K] = [scanned, loop].map((run) =>
        hessian(both(run, options), { argnums: 1 })(...args),
      );
      agree(H, K);
    }
  });

  it("is one entry on the tape, and works with backward()", () => {
    const w = parameter(wh.toArray());
    const [last, ys] = scan(rnn(wx, w), h0, xs) as [Tensor, Tensor];
    const { entries } = tapeOf(add(total(last), total(ys)));
    expect(entries.filter(({ op }) => op === "scan")).toHaveLength(1);
    expect(entries.length).toBeLessThan(6);
    expect(entries.find(({ op }) => op === "scan")!.attrs).toEqual({ length: 5, reverse: false });
    backward(add(total(square(last)), total(sin(ys))));
    agree(w.grad!, grad(both(loop), { argnums: 1 })(wx, wh, h0, xs));
  });

  it("runs its function once, whatever the length", () => {
    let calls = 0;
    const [last] = scan((c: Tensor) => [add(c, (calls++, 1)), null], zeros([]), null, {
      length: 100,
    });
    expect([last.item(), calls]).toEqual([100, 1]);
  });

  it("batches: carries, slices, constants and all of them", () => {
    const axes: (number | null)[][] = [
      [null, null, 0, null],
      [null, null, null, 1],
      [0, null, null, null],
      [null, 2, 0, 0],
    ];
    for (const inAxes of axes) {
      const args = [wx, wh, h0, xs].map((x, i) => {
        const axis = inAxes[i];
        if (axis === null) return x;
        const copies = [1, 0.5, -0.3].map((s) => mul(s, x) as Tensor);
        return stack(copies, { axis }) as Tensor;
      }) as [Tensor, Tensor, Tensor, Tensor];
      for (const f of [
        both,
        (run: Loop) => grad(both(run), { argnums: 1 }),
        (run: Loop) =>
          (...a: Parameters<ReturnType<typeof both>>) =>
            run(rnn(a[0], a[1]), a[2], a[3])[1],
        (run: Loop) =>
          (...a: Parameters<ReturnType<typeof both>>) =>
            jvp(both(run), a, a)[1],
      ]) {
        const [ours, expected] = [scanned, loop].map((run) => vmap(f(run), { inAxes })(...args));
        agree(ours, expected);
      }
    }
    const batched = (run: Loop) => (h: Tensor, xs: Tensor) =>
      total(square(vmap((h: Tensor) => run(rnn(wx, wh), h, xs)[1])(h) as Tensor));
    const hs = wave(3, 2);
    const [ours, expected] = [scanned, loop].map((run) =>
      grad(batched(run), { argnums: [0, 1] })(hs, xs),
    );
    ours.forEach((g, i) => agree(g, expected[i]));
  });

  it("nests", () => {
    const inner =
      (run: Loop): Step =>
      (c, row) =>
        run((c, x) => [sin(add(c, x)), mul(c, x)] as [Tensor, Tensor], c, row) as [Tensor, Tensor];
    const outer = (run: Loop) => (c: Tensor, xs: Tensor) => {
      const [last, ys] = run(inner(run), c, xs);
      return add(last, total(square(ys))) as Tensor;
    };
    const args = [f64(0.3), wave(3, 4)] as const;
    agree(outer(scanned)(...args), outer(loop)(...args));
    gradcheck(outer(scanned), [...args], { order: 2 });
    const [ours, expected] = [scanned, loop].map((run) =>
      vmap(grad(outer(run), { argnums: 1 }), { inAxes: [0, null] })(f64([0.3, 1]), args[1]),
    );
    agree(ours, expected);
  });

  it("carries and returns trees, integers among them", () => {
    const f = (x: Tensor, w: Tensor) => {
      const [{ sum: s, steps }, { seen, list }] = scan(
        (carry: { sum: Tensor; steps: Tensor }, { x, k }: { x: Tensor; k: Tensor[] }) => [
          { sum: add(carry.sum, mul(w, x)) as Tensor, steps: add(carry.steps, k[0]) as Tensor },
          {
            seen: carry.sum,
            list: [carry.steps, cast(carry.steps, "float64").mul(x) as Tensor] as const,
          },
        ],
        { sum: f64(0), steps: tensor(0, { dtype: "int32" }) },
        { x, k: [arange(4, { dtype: "int32" })] },
      );
      return { s, steps, seen, list };
    };
    const [x, w] = [f64([1, 2, 3, 4]), f64(2)];
    const { s, steps, seen, list } = f(x, w);
    expect([s.item(), steps.item(), steps.dtype]).toEqual([20, 6, "int32"]);
    expect(seen.toArray()).toEqual([0, 2, 6, 12]);
    expect(list[0].toArray()).toEqual([0, 0, 1, 3]);
    expect(list[1].toArray()).toEqual([0, 0, 3, 12]);
    gradcheck(
      (x, w) => add(f(x, w).s, total(mul(f(x, w).seen, f(x, w).list[1]))) as Tensor,
      [x, w],
      { order: 2 },
    );
  });

  it.each([0, 1])("has length %i", (n) => {
    const short = slice(xs, [[null, n]]) as Tensor;
    const [last, ys] = scanned(rnn(wx, wh), h0, short);
    expect(ys.shape).toEqual([n, 2]);
    if (n === 0) {
      agree(last, h0);
      const [dw, dh, dx] = grad(both(scanned), { argnums: [0, 2, 3] })(wx, wh, h0, short);
      agree(dw, zeros([3, 2], { dtype: "float64" }));
      agree(dh, mul(2, h0));
      expect(dx.shape).toEqual([0, 3]);
    } else gradcheck(both(scanned), [wx, wh, h0, short], { order: 2 });
    expect(vmap((h: Tensor) => scanned(rnn(wx, wh), h, short)[1])(wave(4, 2)).shape).toEqual([
      4,
      n,
      2,
    ]);
  });

  it("hands on what is not computed: carries, slices and constants as they are", () => {
    const [last, [a, b, c]] = scan((h: Tensor, x: Tensor) => [h, [x, h, wh]], h0, xs);
    agree(last, h0);
    agree(a, xs);
    agree(b, stack([h0, h0, h0, h0, h0]));
    agree(c, stack([wh, wh, wh, wh, wh]));
    last.copyFrom(zeros([2], { dtype: "float64" }));
    expect(h0.toArray()).not.toEqual([0, 0]);
    // A carry that is transposed in each turn, and slices of a transposed tensor.
    const [turned] = scan(
      (m: Tensor, x: Tensor) => [transpose(add(m, x)) as Tensor, null],
      wave(2, 2),
      transpose(wave(2, 3, 2), 0, 1) as Tensor,
    );
    const [expected] = loop(
      (m, x) => [transpose(add(m, x)) as Tensor, x],
      wave(2, 2),
      transpose(wave(2, 3, 2), 0, 1) as Tensor,
    );
    agree(turned, expected);
  });

  it("keeps for the gradient the carries, and no more for longer insides", () => {
    const deep: Step = (c, x) => {
      let y = add(c, x) as Tensor;
      for (let i = 0; i < 20; i++) y = sin(y) as Tensor;
      return [y, y];
    };
    const [, pull] = vjp((c: Tensor) => scanned(deep, c, wave(6, 2))[0], wave(2));
    agree(
      pull(ones([2], { dtype: "float64" }) as Tensor)[0],
      grad((c: Tensor) => total(loop(deep, c, wave(6, 2))[0]))(wave(2)),
    );
    const w = parameter([0.1, 0.2]);
    const [last] = scanned(deep, w, wave(6, 2));
    const [{ outputs }] = tapeOf(last).entries;
    // The last carry, the ys, and the six carries before.
    expect(outputs.map(({ shape }) => shape)).toEqual([[2], [6, 2], [6, 2]]);
  });
});
