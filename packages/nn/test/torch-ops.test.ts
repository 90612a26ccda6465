// Values and gradients of convolutions, pools, norms, tables and attention, as PyTorch's
// (fixtures/torch_ops.py).
import { backward, mul, sum, tensor, vjp, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import {
  avgPool2d,
  conv2d,
  embedding,
  gelu,
  layerNorm,
  maxPool2d,
  MultiheadAttention,
  scaledDotProductAttention,
} from "../src/index.ts";
import fixture from "./fixtures/torch_ops.json" with { type: "json" };

interface Plain {
  readonly shape: number[];
  readonly data: number[];
}

interface Case {
  readonly op: string;
  readonly options: Record<string, never>;
  readonly inputs: readonly (Plain & { readonly dtype: string })[];
  readonly cotangent: Plain;
  readonly output: Plain;
  readonly gradients: readonly (Plain | null)[];
}

type Call = (inputs: readonly Tensor[], options: Case["options"]) => Tensor;

const calls: Record<string, Call> = {
  conv2d: ([x, weight], options) => conv2d(x, weight, options),
  maxPool2d: ([x], { kernelSize, ...options }) => maxPool2d(x, kernelSize, options),
  avgPool2d: ([x], { kernelSize, ...options }) => avgPool2d(x, kernelSize, options),
  layerNorm: ([x, weight, bias], { normalizedShape, eps }) =>
    layerNorm(x, normalizedShape, { weight, bias, eps }),
  gelu: ([x], options) => gelu(x, options),
  embedding: ([indices, weight]) => embedding(indices, weight),
  scaledDotProductAttention: ([q, k, v], options) => scaledDotProductAttention(q, k, v, options),
};

const toTensor = ({
  shape,
  data,
  dtype = "float64",
}: Plain & { readonly dtype?: string }): Tensor =>
  tensor(data, { shape, dtype: dtype as "float64" });

function expectClose(got: Tensor, { shape, data }: Plain): void {
  expect(got.shape).toEqual(shape);
  got.data.forEach((value, i) => {
    expect(Math.abs(value - data[i])).toBeLessThan(1e-12 * (1 + Math.abs(data[i])));
  });
}

const cases = (fixture as unknown as Case[]).slice(0, -1).map((entry, i) => {
  const shapes = entry.inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" ");
  return [`${i}: ${entry.op} ${shapes} ${JSON.stringify(entry.options)}`, entry] as const;
});

describe("as PyTorch", () => {
  it("MultiheadAttention, by its names", () => {
    const { inputs, options, output, cotangent, gradients } = (fixture as unknown as Case[]).at(
      -1,
    )!;
    const names = options.names as readonly string[];
    const layer = new MultiheadAttention(6, 2, { causal: true, dtype: "float64" });
    const [x, ...state] = inputs.map(toTensor);
    layer.loadStateDict(Object.fromEntries(names.map((name, i) => [name, state[i]])));
    x.requiresGrad = true;
    const y = layer.forward(x);
    expectClose(y, output);
    backward(y, { cotangent: toTensor(cotangent) });
    expectClose(x.grad!, gradients[0]!);
    const parameters = new Map(layer.namedParameters());
    names.forEach((name, i) => expectClose(parameters.get(name)!.grad!, gradients[i + 1]!));
    expect(String(layer)).toMatch(/^MultiheadAttention\(6, 2, causal: true/);
  });

  it.each(cases)("%s", (_, { op, options, inputs, cotangent, output, gradients }) => {
    const all = inputs.map(toTensor);
    const places = gradients.flatMap((g, i) => (g ? [i] : []));
    const f = (...xs: Tensor[]): Tensor =>
      calls[op](
        all.map((x, i) => (places.includes(i) ? xs[places.indexOf(i)] : x)),
        options,
      );
    const [y, pull] = vjp(f, ...places.map((i) => all[i]));
    expectClose(y, output);
    pull(toTensor(cotangent)).forEach((g, i) => expectClose(g, gradients[places[i]]!));
  });

  it("also on the tape of backward", () => {
    const { inputs, gradients, cotangent } = fixture[0] as unknown as Case;
    const [x, weight] = inputs.map(toTensor);
    weight.requiresGrad = true;
    sum(mul(conv2d(x, weight), toTensor(cotangent))).backward();
    expectClose(weight.grad!, gradients[1]!);
  });
});
