// Checkpoints: the same derivatives, with nothing kept but inputs.
import { describe, expect, it } from "vitest";
import {
  add,
  backward,
  checkpoint,
  exp,
  Generator,
  grad,
  gt,
  jvp,
  matmul,
  mul,
  MutationError,
  noGrad,
  normal,
  sin,
  square,
  stopGradient,
  tanh,
  tapeOf,
  TransformError,
  uniform,
  valueAndGrad,
  vjp,
  vmap,
  where,
  type Tensor,
} from "@wengert/autograd";
import { f64, parameter, total } from "./doubles.support.ts";

const block = (x: Tensor): Tensor => mul(tanh(x), exp(mul(0.3, x)));
const deep =
  (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < 4; i++) y = wrap(block)(y);
    return total(y);
  };
const plain = deep((f) => f);
const kept = deep(checkpoint);
const x = f64([0.3, -0.7, 1.1]);
const v = f64([1, 2, -1]);

describe("checkpoint", () => {
  it("has the value and the derivatives of the function, in any mode and order", () => {
    const modes: Record<string, (f: (x: Tensor) => Tensor) => Tensor> = {
      value: (f) => f(x),
      grad: (f) => grad(f)(x),
      jvp: (f) => jvp(f, [x], [v])[1],
      "grad of grad": (f) => grad((x: Tensor) => total(mul(v, grad(f)(x))))(x),
      "jvp of grad": (f) => jvp(grad(f), [x], [v])[1],
      "grad of jvp": (f) => grad((x: Tensor) => jvp(f, [x], [v])[1])(x),
      "third order": (f) =>
        grad((x: Tensor) => total(grad((x: Tensor) => total(square(grad(f)(x))))(x)))(x),
      vmap: (f) => vmap(f)(x.reshape([3, 1]) as Tensor) as Tensor,
      "vmap of grad": (f) => vmap(grad(f))(x.reshape([3, 1]) as Tensor) as Tensor,
      "grad of vmap": (f) =>
        grad((x: Tensor) => total(square(vmap(f)(x.reshape([3, 1]) as Tensor) as Tensor)))(x),
    };
    for (const [name, mode] of Object.entries(modes)) {
      const [ours, expected] = [mode(kept).data, mode(plain).data];
      expect(ours.length, name).toBe(expected.length);
      ours.forEach((value, i) => expect(value, name).toBeCloseTo(expected[i], 12));
    }
  });

  it("puts one entry on the tape, which holds inputs alone", () => {
    const w = parameter([0.5, 0.2, 0.1]);
    const y = checkpoint((x: Tensor) => mul(block(block(x)), w))(x);
    expect(tapeOf(y).entries.map(({ op }) => op)).toEqual(["checkpoint"]);
    const { inputs } = tapeOf(y).entries[0];
    expect(inputs.filter(({ source }) => source === "parameter")).toHaveLength(1);
    expect(inputs.filter(({ shape }) => shape.length > 0)).toHaveLength(2);
  });

  it("runs the function once forward, and its calls once more backward", () => {
    let calls = 0;
    const w = parameter([1, 2, 3]);
    const y = checkpoint(() => {
      calls++;
      return total(square(w));
    })();
    expect(calls).toBe(1);
    backward(y);
    expect(calls).toBe(1);
    expect(w.grad!.toArray()).toEqual([2, 4, 6]);
  });

  it("gives gradients to parameters that it closes over, and through what was computed before", () => {
    const w = parameter([0.5, -0.2, 0.9]);
    const before = square(w);
    backward(total(checkpoint((x: Tensor) => mul(sin(mul(x, before)), w))(x)));
    const expected = grad((w: Tensor) => total(mul(sin(mul(x, square(w))), w)))(w.detach());
    w.grad!.data.forEach((g, i) => expect(g).toBeCloseTo(expected.data[i], 14));
    // The same by grad, of a tensor that the checkpoint closes over.
    const ours = grad((w: Tensor) =>
      total(checkpoint((x: Tensor) => mul(sin(mul(x, square(w))), w))(x)),
    )(w.detach());
    ours.data.forEach((g, i) => expect(g).toBeCloseTo(expected.data[i], 14));
  });

  it("repeats its random draws, and leaves the generator where one run leaves it", () => {
    const run = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => {
      const generator = new Generator(7);
      const drop = (x: Tensor) => {
        const mask = gt(uniform([3], { generator, dtype: "float64" }), 0.4);
        const noise = normal([3], { generator, dtype: "float64" });
        return mul(where(mask, mul(2, x), mul(0, x)), add(exp(x), noise));
      };
      const w = parameter([0.3, -0.7, 1.1]);
      let y: Tensor = w;
      for (let i = 0; i < 3; i++) y = wrap(drop)(y);
      const loss = total(y);
      backward(loss, { retainGraph: true });
      const first = w.grad!.toArray();
      w.grad = null;
      backward(loss);
      expect(w.grad!.toArray()).toEqual(first);
      return { first, state: generator.state.toArray(), loss: loss.item() };
    };
    expect(run(checkpoint)).toEqual(run((f) => f));
  });

  it("repeats the branch that was taken, and assignments not at all", () => {
    const mean = f64([0, 0, 0]);
    const w = parameter([1, 2, 3]);
    const f = checkpoint((x: Tensor) => {
      const y = mul(x, mean);
      noGrad(() => mean.copyFrom(add(mean, x)));
      return total(x).item() > 0 ? add(square(x), y) : y;
    });
    const loss = total(f(w));
    const other = total(f(w));
    backward(loss);
    expect(w.grad!.toArray()).toEqual([2, 4, 6]);
    w.grad = null;
    // The mean was [1, 2, 3] when this one was computed.
    backward(other);
    expect(w.grad!.toArray()).toEqual([3, 6, 9]);
    expect(mean.toArray()).toEqual([2, 4, 6]);
  });

  it("keeps what noGrad and stopGradient stop", () => {
    const f = (x: Tensor) =>
      total(
        mul(
          noGrad(() => square(x)),
          mul(x, stopGradient(x)),
        ),
      );
    expect(grad(checkpoint(f))(x).toArray()).toEqual(grad(f)(x).toArray());
    expect(jvp(checkpoint(f), [x], [v])[1].item()).toBeCloseTo(jvp(f, [x], [v])[1].item(), 13);
  });

  it("takes and returns trees, and nests", () => {
    type Params = { w: Tensor; b: Tensor[] };
    const layer = ({ w, b: [b] }: Params, x: Tensor) => ({ y: tanh(add(matmul(x, w), b)), n: 3 });
    const params = {
      w: f64([
        [0.2, 0.1],
        [0.4, -0.3],
      ]),
      b: [f64([0.1, 0.2])],
    };
    const loss = (layer_: typeof layer) => (p: Params, x: Tensor) =>
      total(layer_(p, layer_(p, x).y).y);
    const input = f64([[1, 2]]);
    const twice = checkpoint(checkpoint(layer));
    expect(twice(params, input).n).toBe(3);
    const [value, g] = valueAndGrad(loss(twice))(params, input);
    const [expected, h] = valueAndGrad(loss(layer))(params, input);
    expect(value.item()).toBe(expected.item());
    g.w.data.forEach((e, i) => expect(e).toBeCloseTo(h.w.data[i], 14));
    g.b[0].data.forEach((e, i) => expect(e).toBeCloseTo(h.b[0].data[i], 14));
  });

  it("is an error where an input has changed, or the function is asynchronous", () => {
    const w = parameter([1, 2, 3]);
    const scale = f64([1, 1, 1]);
    const loss = total(checkpoint((w: Tensor) => mul(square(w), scale))(w));
    scale.copyFrom(f64([2, 2, 2]));
    expect(() => backward(loss)).toThrow(MutationError);
    expect(() => checkpoint(async (x: Tensor) => x)(x)).toThrow(TransformError);
    expect(() => checkpoint(3 as never)).toThrow(
      "checkpoint: expected a function, got the number 3.",
    );
  });

  it("is an ordinary function under vjp of a tree", () => {
    const [y, pull] = vjp(
      checkpoint((x: Tensor) => ({ a: square(x), b: [sin(x)] })),
      x,
    );
    const [dx] = pull({ a: v, b: [v] });
    expect(y.a.toArray()).toEqual(square(x).toArray());
    dx.data.forEach((g, i) =>
      expect(g).toBeCloseTo(v.data[i] * (2 * x.data[i] + Math.cos(x.data[i])), 14),
    );
  });
});
