// The gradient of a convolution as a convolution of the padded cotangent: where the kernel is not finite, the
// zeros of the padding must not meet it.
import { describe, expect, it } from "vitest";
import { conv2d, grad, mul, sum, tensor, type Tensor } from "@wengert/autograd";
import { compile } from "../src/index.ts";

const loss = (x: Tensor, w: Tensor): Tensor => {
  const y = conv2d(x, w, { padding: 1 });
  return sum(mul(y, y));
};
const gradient = grad(loss);

const image = tensor(
  Array.from({ length: 32 }, (_, i) => i / 8 - 2),
  { shape: [2, 1, 4, 4] },
);
const kernel = (first: number): Tensor =>
  tensor([first, 2, -1, 0.5, 1, 3, 0, 1, -2], { shape: [1, 1, 3, 3] });

describe("gradients with respect to the image", () => {
  it.each([Infinity, -Infinity, NaN])("with a weight of %d are eager's", (weight) => {
    // A cotangent of its own, so that only the kernel is not finite.
    const f = (g: Tensor, x: Tensor, w: Tensor) =>
      grad((t: Tensor) => sum(mul(g, conv2d(t, w, { padding: 1 }))))(x);
    const g = tensor(
      Array.from({ length: 32 }, (_, i) => 1 + (i % 5)),
      { shape: [2, 1, 4, 4] },
    );
    const fast = compile(f);
    expect(fast(g, image, kernel(1)).toArray()).toEqual(f(g, image, kernel(1)).toArray());
    const wanted = [...f(g, image, kernel(weight)).data];
    // Some of it is finite: the border.
    expect(new Set(wanted.map(Number.isFinite)).size).toBe(2);
    expect([...fast(g, image, kernel(weight)).data]).toEqual(wanted);
    // And back to what is finite.
    expect(fast(g, image, kernel(3)).toArray()).toEqual(f(g, image, kernel(3)).toArray());
    expect(fast.compilations).toBe(1);
    expect(fast.explain({ warmUpMs: 0 }).kernels.length).toBeGreaterThan(0);
  });

  it("assigns once where the call has to be made again", async () => {
    const weight = kernel(Infinity);
    const count = tensor(0);
    const step = (x: Tensor): Tensor => {
      count.copyFrom(count.add(1));
      return gradient(x, weight);
    };
    const fast = compile(step);
    const first = fast(image).toArray();
    expect(count.item()).toBe(1);
    expect(first).toEqual(gradient(image, weight).toArray());
    expect((await fast.async(image)).toArray()).toEqual(first);
    expect(count.item()).toBe(2);
  });

  it("gives up its form in an async call, too", async () => {
    const fast = compile(gradient);
    const wanted = gradient(image, kernel(NaN)).toArray();
    expect((await fast.async(image, kernel(NaN))).toArray()).toEqual(wanted);
  });
});
