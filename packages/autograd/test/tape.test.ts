import { describe, expect, expectTypeOf, it } from "vitest";
import {
  add,
  detach,
  exp,
  grad,
  GradientError,
  jvp,
  matmul,
  mean,
  mse,
  mul,
  noGrad,
  ones,
  sigmoid,
  sin,
  square,
  sum,
  tapeOf,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { total } from "./doubles.support.ts";

const parameter = (values: number | number[]): Tensor => tensor(values, { requiresGrad: true });

describe("tapeOf", () => {
  const w = tensor([[1], [2], [3]], { requiresGrad: true });
  const x = ones([2, 3]) as Tensor;
  const y = zeros([2, 1]) as Tensor;

  it("prints the calls as a table", () => {
    const loss = mse(sigmoid(matmul(x, w as Tensor)), y);
    expect(String(tapeOf(loss))).toBe(
      [
        "%0 = matmul  constant[2, 3], parameter[3, 1] → float32[2, 1]",
        "%1 = sigmoid %0                              → float32[2, 1]",
        '%2 = mse     %1, constant[2, 1]              → float32[]     { reduction: "mean" }',
      ].join("\n"),
    );
  });

  it("prints options", () => {
    expect(String(tapeOf(sum(w, { axis: 0, keepDims: true })))).toBe(
      "%0 = sum parameter[3, 1] → float32[1, 1] { axes: [0], keepDims: true }",
    );
  });

  it("lists entries in the order of the calls, whatever the order of the inputs", () => {
    const a = square(w);
    const b = exp(w);
    const entries = [...tapeOf(mul(b, add(a, b)))];
    expect(entries.map(({ index, op }) => [index, op])).toEqual([
      [0, "square"],
      [1, "exp"],
      [2, "add"],
      [3, "mul"],
    ]);
    expect(entries[2].inputs.map(({ source }) => source)).toEqual([0, 1]);
    expect(entries[3].inputs.map(({ source }) => source)).toEqual([1, 2]);
    expect(entries[3].outputs).toEqual([{ shape: [3, 1], dtype: "float32", source: 3 }]);
  });

  it("tells parameters from constants", () => {
    const sources = (t: Tensor) =>
      tapeOf(t).entries.map((e) => e.inputs.map(({ source }) => source));
    expect(sources(mul(w, 2))).toEqual([["parameter", "constant"]]);
    expect(sources(mul(w, detach(w)))).toEqual([["parameter", "constant"]]);
    expect(sources(mul(w, square(ones([1]))))).toEqual([["parameter", "constant"]]);
    expect(tapeOf(x).length).toBe(0);
    expect(String(tapeOf(w))).toBe("an empty tape: no op has made this tensor");
  });

  it("shows the tape of the transform that a tensor is in, and only that", () => {
    const tapes: string[] = [];
    grad((a: Tensor) => {
      const outer = square(a);
      return grad((b: Tensor) => {
        const z = mul(outer, b);
        tapes.push(String(tapeOf(z)), String(tapeOf(outer)));
        return z;
      })(a);
    })(tensor(2));
    expect(tapes).toEqual([
      "%0 = mul constant[], parameter[] → float32[]",
      "%0 = square parameter[] → float32[]",
    ]);
  });
});

describe("what is recorded", () => {
  const x = parameter([1, 2]);

  it("is what a gradient flows through", () => {
    expect(square(x).producer).not.toBeNull();
    expect(square(tensor([1])).producer).toBeNull();
    expect(x.cast("int32").requiresGrad).toBe(false);
    expect(noGrad(() => square(x)).requiresGrad).toBe(false);
    expect(x.detach()).toMatchObject({ requiresGrad: false, producer: null });
    expect(x.detach().storage).toBe(x.storage);
  });

  it("noGrad returns what its function returns, nested as well", () => {
    expect(noGrad(() => 5)).toBe(5);
    expectTypeOf(noGrad(() => "a")).toEqualTypeOf<string>();
    noGrad(() => {
      noGrad(() => {});
      expect(square(x).requiresGrad).toBe(false);
    });
    expect(square(x).requiresGrad).toBe(true);
  });

  it("gradients carry no tape, unless it is asked for", () => {
    const y = parameter(3);
    square(y).backward();
    expect(y.grad).toMatchObject({ requiresGrad: false, producer: null });
    square(y).backward({ createGraph: true });
    expect(y.grad!.requiresGrad).toBe(true);
  });
});

describe("backward", () => {
  it("accumulates into grad", () => {
    const x = parameter([1, 2]);
    total(square(x)).backward();
    total(mul(x, 10)).backward();
    expect(x.grad!.toArray()).toEqual([12, 14]);
    x.grad = null;
    total(x).backward();
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("gives every gradient memory of its own", () => {
    const [a, b, c] = [parameter([1, 2]), parameter([3, 4]), parameter([5, 6])];
    const cotangent = tensor([7, 8]);
    add(a, b).backward({ cotangent });
    total(c).backward();
    for (const x of [a, b, c]) x.grad!.copyFrom(zeros([2]));
    a.grad!.copyFrom(tensor([1, 2]));
    expect([a, b, c].map((x) => x.grad!.toArray())).toEqual([
      [1, 2],
      [0, 0],
      [0, 0],
    ]);
    expect(cotangent.toArray()).toEqual([7, 8]);
  });

  it("weights by the cotangent", () => {
    const x = parameter([1, 2, 3]);
    square(x).backward({ cotangent: tensor([1, 0, -1]) });
    expect(x.grad!.toArray()).toEqual([2, 0, -6]);
    const s = parameter(2);
    square(s).backward({ cotangent: tensor(5) });
    expect(s.grad!.item()).toBe(20);
    s.backward();
    expect(s.grad!.item()).toBe(21);
  });

  it("takes one element of any rank for a scalar", () => {
    const x = parameter([3]);
    square(x).reshape([1, 1]).backward();
    expect(x.grad!.toArray()).toEqual([6]);
  });

  it("reaches every leaf once, by all paths", () => {
    const [a, b, unused] = [parameter(2), parameter(3), parameter(1)];
    const c = mul(a, b);
    add(mul(c, c), add(c, a)).backward();
    // (ab)² + ab + a
    expect([a.grad!.item(), b.grad!.item(), unused.grad]).toEqual([
      2 * 2 * 9 + 3 + 1,
      2 * 3 * 4 + 2,
      null,
    ]);
  });

  it("keeps the tape with retainGraph", () => {
    const x = parameter(3);
    const y = square(x);
    for (let i = 1; i <= 3; i++) {
      y.backward({ retainGraph: true });
      expect(x.grad!.item()).toBe(6 * i);
    }
    y.backward();
    expect(() => y.backward({ retainGraph: true })).toThrow(GradientError);
    expect(() => tapeOf(y)).toThrow(GradientError);
  });

  it("goes through deep tapes", () => {
    const x = parameter(1);
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = add(y, x);
    y.backward();
    expect(x.grad!.item()).toBe(20_001);
  });

  it("is left alone by grad, and leaves grad alone", () => {
    const x = parameter(3);
    expect(grad((a: Tensor) => square(a))(x).item()).toBe(6);
    expect(x.grad).toBeNull();
    const slope = grad((a: Tensor) => {
      const inner = parameter(5);
      square(inner).backward();
      return mul(a, inner.grad!);
    })(tensor(1));
    expect(slope.item()).toBe(10);
  });
});

describe("a gradient penalty", () => {
  const f = (x: Tensor) => total(mul(sin(x), exp(x)));
  const points = [0.3, -1.2, 2];

  it("by backward twice equals grad of grad", () => {
    const x = tensor(points, { dtype: "float64", requiresGrad: true });
    f(x).backward({ createGraph: true });
    const first = x.grad!;
    x.grad = null;
    total(square(first)).backward();
    const expected = grad((x: Tensor) => total(square(grad(f)(x))))(x.detach());
    expect(x.grad!.toArray()).toEqual(expected.toArray());
    // f' = eˣ(sin + cos), f'' = 2eˣcos; the penalty's gradient is 2f'f''.
    points.forEach((p, i) => {
      const slope = 4 * Math.exp(2 * p) * (Math.sin(p) + Math.cos(p)) * Math.cos(p);
      expect(x.grad!.data[i]).toBeCloseTo(slope, 12);
    });
  });

  it("accumulates on a tape as well: a third derivative", () => {
    const x = tensor(2, { dtype: "float64", requiresGrad: true });
    mul(square(x), square(x)).backward({ createGraph: true });
    const first = x.grad!;
    x.grad = null;
    first.backward({ createGraph: true });
    const second = x.grad!;
    x.grad = null;
    second.backward();
    expect([first, second, x.grad!].map((g) => g.item())).toEqual([32, 48, 48]);
  });

  it("createGraph alone keeps the tape, and can be told not to", () => {
    const x = parameter(3);
    const y = square(x);
    y.backward({ createGraph: true });
    y.backward({ createGraph: true, retainGraph: false });
    expect(() => y.backward()).toThrow(GradientError);
  });
});

describe("grad", () => {
  const a = tensor([1, 2]);
  const b = tensor([3, 4]);
  const f = (a: Tensor, b: Tensor) => total(mul(square(a), b));

  it("takes the first argument, one, or several", () => {
    expect(grad(f)(a, b).toArray()).toEqual([6, 16]);
    expect(grad(f, { argnums: 1 })(a, b).toArray()).toEqual([1, 4]);
    expect(grad(f, { argnums: [1, 0] })(a, b).map((g) => g.toArray())).toEqual([
      [1, 4],
      [6, 16],
    ]);
    expect(grad(f, { argnums: [0] })(a, b).map((g) => g.toArray())).toEqual([[6, 16]]);
    expect(grad(f, { argnums: [] })(a, b)).toEqual([]);
    expectTypeOf(grad(f, { argnums: 1 })).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(grad(f, { argnums: [1, 0] })).returns.toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(grad(f)).parameters.toEqualTypeOf<[Tensor, Tensor]>();
  });

  it("returns the value with valueAndGrad", () => {
    const [value, [da, db]] = valueAndGrad(f, { argnums: [0, 1] })(a, b);
    expect(value.item()).toBe(19);
    expect(value).toMatchObject({ box: null, requiresGrad: false });
    expect([da.toArray(), db.toArray()]).toEqual([
      [6, 16],
      [1, 4],
    ]);
    expectTypeOf(valueAndGrad(f)).returns.toEqualTypeOf<[Tensor, Tensor]>();
  });

  it("passes other arguments on", () => {
    const g = grad((x: Tensor, power: number, name: string) => {
      expect([power, name]).toEqual([3, "n"]);
      return total(x.pow(power));
    });
    expect(g(a, 3, "n").toArray()).toEqual([3, 12]);
  });

  it("takes trees, and gives them back", () => {
    const params = {
      layers: [{ w: a, b: tensor(1) }],
      scale: [b] as [Tensor],
      name: "net",
      depth: 1,
    };
    const loss = (p: typeof params) => total(add(mul(p.layers[0].w, p.scale[0]), p.layers[0].b));
    const slopes = grad(loss)(params);
    expectTypeOf(slopes).toEqualTypeOf<typeof params>();
    expect(slopes.name).toBe("net");
    expect(slopes.layers[0].w.toArray()).toEqual([3, 4]);
    expect(slopes.layers[0].b.item()).toBe(2);
    expect(slopes.scale[0].toArray()).toEqual([1, 2]);
    expect(params.layers[0].w).toBe(a);
  });

  it("keeps shapes in its types", () => {
    const w = zeros([2, 3]);
    const slopes = grad((w: Tensor<[2, 3]>) => mean(w))(w);
    expectTypeOf(slopes).toEqualTypeOf<Tensor<[2, 3]>>();
    expect(slopes.shape).toEqual([2, 3]);
  });

  it("is zero where the result does not depend on the argument", () => {
    expect(grad((a: Tensor, b: Tensor) => total(b))(a, b).toArray()).toEqual([0, 0]);
    expect(grad((_: Tensor) => tensor(1))(a).toArray()).toEqual([0, 0]);
    expect(grad((a: Tensor) => total(detach(a)))(a).toArray()).toEqual([0, 0]);
    expect(jvp((_: Tensor) => b, [a], [a])[1].toArray()).toEqual([0, 0]);
  });

  it("tells the leaves of one tensor apart", () => {
    const [da, db] = grad(f, { argnums: [0, 1] })(a, a);
    expect([da.toArray(), db.toArray()]).toEqual([
      [2, 8],
      [1, 4],
    ]);
    const pair = grad(([x, y]: [Tensor, Tensor]) => total(mul(x, mul(y, y))))([a, a]);
    expect(pair.map((g) => g.toArray())).toEqual([
      [1, 4],
      [2, 8],
    ]);
  });

  it("lets values be read", () => {
    const g = grad((x: Tensor) => (sum(x).item() > 2 ? total(x) : total(square(x))));
    expect(g(a).toArray()).toEqual([1, 1]);
    expect(g(mul(a, 0.5)).toArray()).toEqual([1, 2]);
  });
});

describe("vjp", () => {
  it("pulls back as often as wanted", () => {
    const [y, pull] = vjp((x: Tensor) => square(x), tensor([1, 2]));
    expect(y.toArray()).toEqual([1, 4]);
    expect(pull(tensor([1, 0]))[0].toArray()).toEqual([2, 0]);
    expect(pull(tensor([0, 1]))[0].toArray()).toEqual([0, 4]);
    expect(
      vmap((v: Tensor) => pull(v)[0])(
        tensor([
          [1, 0],
          [0, 1],
        ]),
      ).toArray(),
    ).toEqual([
      [2, 0],
      [0, 4],
    ]);
  });

  it("takes trees", () => {
    const [, pull] = vjp(
      (p: { w: Tensor }, b: Tensor) => add(mul(p.w, 2), b),
      { w: tensor(1) },
      tensor(2),
    );
    const [p, b] = pull(tensor(3));
    expect([p.w.item(), b.item()]).toEqual([6, 3]);
    expectTypeOf(p).toHaveProperty("w");
  });
});
