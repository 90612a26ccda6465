// gelu and its derivative in float32, where x·(1 + erf(x/√2))/2 has no digits left: against the normal
// distribution function in doubles, by its series and its continued fraction.
import { describe, expect, it } from "vitest";
import { gelu, grad, sum, tensor, type Tensor } from "@wengert/autograd";
import { compile } from "../src/index.ts";
import { ulps32 } from "./vector.support.ts";

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/15 + …) near 0; far below it φ(x) / (|x| + 1/(|x| + 2/(|x| + …))). */
function distribution(x: number): number {
  if (x > 1.5) return 1 - distribution(-x);
  if (x < -1.5) {
    let denominator = -x;
    for (let k = 400; k > 0; k--) denominator = -x + k / denominator;
    return density(x) / denominator;
  }
  let [term, total] = [x, x];
  for (let n = 3; n < 100; n += 2) total += term *= (x * x) / n;
  return 0.5 + density(x) * total;
}

/** Where gelu is not denormal: −13 and up. */
const xs = Float32Array.from([
  ...Array.from({ length: 5200 }, (_, i) => -13 + i / 200.5),
  ...Array.from({ length: 240 }, (_, i) => (i % 2 ? 1 : -1) * 2 ** (i / 2 - 120)),
]);

const gradient = grad((x: Tensor) => sum(gelu(x)));
const [exactFast, slopeFast] = [compile((x: Tensor) => gelu(x)), compile(gradient)];

describe.each([
  { name: "eager", value: (x: Tensor) => gelu(x), slope: gradient, ulps: 2 },
  { name: "compiled", value: exactFast, slope: slopeFast, ulps: 5 },
])("$name, in float32", ({ value, slope, ulps }) => {
  it(`gelu is within ${ulps} ulp`, () => {
    const ys = value(tensor(xs)).data;
    let worst = { error: 0, x: 0 };
    xs.forEach((x, i) => {
      const error = ulps32(Number(ys[i]), x * distribution(x));
      if (!(error <= worst.error)) worst = { error, x };
    });
    expect(worst.error, `at ${worst.x}`).toBeLessThanOrEqual(ulps);
  });

  it("its derivative Φ(x) + x·φ(x) is within 2 ε of the sum of its terms' sizes", () => {
    const ys = slope(tensor(xs)).data;
    let worst = { error: 0, x: 0 };
    xs.forEach((x, i) => {
      const [first, second] = [distribution(x), x * density(x)];
      const size = first + Math.abs(second);
      const error = Math.abs(Number(ys[i]) - first - second) / (size * 2 ** -23);
      if (!(error <= worst.error)) worst = { error, x };
    });
    expect(worst.error, `at ${worst.x}`).toBeLessThanOrEqual(2);
  });
});

describe("gelu with tanh, in float32", () => {
  const approximate = (x: Tensor): Tensor => gelu(x, { approximate: "tanh" });
  it.each([
    ["eager", approximate],
    ["compiled", compile(approximate)],
  ] as const)("%s keeps its digits as far as its exponent has them", (_, f) => {
    const ys = f(tensor(xs)).data;
    xs.forEach((x, i) => {
      const u = 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
      const exact = x / (1 + Math.exp(-u));
      // Denormals apart: there e⁻ᵘ overflows.
      if (Math.abs(exact) < 1e-36) return;
      const bound = (4 + 3 * Math.max(0, -u)) * 2 ** -24 * Math.abs(exact);
      expect(Math.abs(Number(ys[i]) - exact), `at ${x}`).toBeLessThanOrEqual(bound);
    });
  });
});
