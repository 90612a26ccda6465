// Values and gradients of windows, sums of products, movement and indexing, as PyTorch's
// (fixtures/torch_move.py), and the same functions through the rest of what functions must stand.
import { describe, expect, it } from "vitest";
import * as autograd from "../src/index.ts";
import fixture from "./fixtures/torch_move.json" with { type: "json" };

const { tensor, vjp } = autograd;
type Tensor = autograd.Tensor;

/** The functions by their names. */
const functions: Record<string, unknown> = { ...autograd };

interface Plain {
  readonly shape: number[];
  readonly data: (number | boolean)[];
}

interface Case {
  readonly op: string;
  readonly args: readonly unknown[];
  readonly inputs: readonly (Plain & { readonly dtype: "float64" | "int32" | "bool" })[];
  readonly cotangent: Plain;
  readonly output: Plain;
  readonly gradients: readonly (Plain | null)[];
}

const toTensor = ({ shape, data, dtype }: Case["inputs"][number]): Tensor =>
  tensor(data.map(Number), { shape, dtype });

/** The arguments, with tensors where inputs stand. */
function filled(value: unknown, inputs: readonly Tensor[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => filled(entry, inputs));
  const isInput = typeof value === "object" && value !== null && "input" in value;
  return isInput ? inputs[value.input as number] : value;
}

function expectClose(got: Tensor, { shape, data }: Plain): void {
  expect(got.shape).toEqual(shape);
  got.data.forEach((value, i) => {
    const wanted = Number(data[i]);
    expect(Math.abs(value - wanted)).toBeLessThan(1e-12 * (1 + Math.abs(wanted)));
  });
}

const cases = (fixture as unknown as Case[]).map((entry, i) => {
  const shapes = entry.inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" ");
  const others = entry.args.filter((arg) => !JSON.stringify(arg).includes("input"));
  return [`${i}: ${entry.op} ${shapes} ${JSON.stringify(others)}`, entry] as const;
});

describe("as PyTorch", () => {
  it.each(cases)("%s", (_, { op, args, inputs, cotangent, output, gradients }) => {
    const call = functions[op] as (...args: unknown[]) => Tensor;
    const all = inputs.map(toTensor);
    const places = gradients.flatMap((g, i) => (g ? [i] : []));
    const f = (...xs: Tensor[]): Tensor => {
      const given = all.map((x, i) => (places.includes(i) ? xs[places.indexOf(i)] : x));
      return call(...(filled(args, given) as unknown[]));
    };
    const [y, pull] = vjp(f, ...places.map((i) => all[i]));
    expectClose(y, output);
    const back = pull(toTensor({ ...cotangent, dtype: "float64" }));
    back.forEach((g, i) => expectClose(g, gradients[places[i]]!));
  });
});
