// Values, gradients and second derivatives of pointwise functions, as PyTorch's (fixtures/torch_pointwise.py).
import * as autograd from "@wengert/autograd";
import { add, polygamma, sum, vjp, type Tensor } from "@wengert/autograd";
import { expect, it } from "vitest";
import fixture from "./fixtures/torch_pointwise.json" with { type: "json" };
import { f64 } from "./doubles.support.ts";

type Numbers = readonly (number | string)[];
type Call = (...inputs: Tensor[]) => Tensor;

interface Case {
  readonly name: string;
  readonly inputs: readonly number[][];
  readonly cotangent: number[];
  readonly output: Numbers;
  readonly gradients: readonly Numbers[];
  readonly second: readonly Numbers[];
}

function callOf(name: string): Call {
  const order = /^polygamma(\d)$/.exec(name)?.[1];
  if (order !== undefined) return (x) => polygamma(Number(order), x);
  return (autograd as unknown as Record<string, Call>)[name];
}

/** PyTorch's trigamma function is six terms and a short series: of these two the fixture is the less precise. */
const rough = new Set(["lgamma", "digamma", "polygamma1"]);

function expectClose(label: string, got: Tensor, expected: Numbers, tolerance: number): void {
  got.data.forEach((y, i) => {
    const wanted = Number(expected[i]);
    if (!Number.isFinite(wanted)) expect(y, `${label}, element ${i}`).toBe(wanted);
    else expect(Math.abs(y - wanted) / (1 + Math.abs(wanted)), label).toBeLessThan(tolerance);
  });
}

const cases = fixture as unknown as readonly Case[];

it.each(cases.map((entry) => [entry.name, entry] as const))("%s", (name, entry) => {
  const call = callOf(name);
  const tolerance = rough.has(name) ? 1e-9 : 1e-12;
  const inputs = entry.inputs.map(f64);
  const gradients: (...xs: Tensor[]) => Tensor[] = (...xs) =>
    vjp(call, ...xs)[1](f64(entry.cotangent));
  const [y] = vjp(call, ...inputs);
  expectClose("the value", y, entry.output, tolerance);
  gradients(...inputs).forEach((g, i) =>
    expectClose(`gradient ${i}`, g, entry.gradients[i], tolerance),
  );
  const total = (...xs: Tensor[]): Tensor =>
    gradients(...xs)
      .map((g) => sum(g) as Tensor)
      .reduce((a, b) => add(a, b) as Tensor);
  vjp(total, ...inputs)[1](f64(1)).forEach((g, i) =>
    expectClose(`second derivative ${i}`, g, entry.second[i], tolerance),
  );
});
