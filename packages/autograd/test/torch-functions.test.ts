// Values and gradients of activations, reductions, scans and sorts, as PyTorch's
// (fixtures/torch_functions.py).
import { tensor, vjp, type Tensor } from "@wengert/autograd";
import * as autograd from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import fixture from "./fixtures/torch_functions.json" with { type: "json" };

interface Plain {
  readonly shape: number[];
  readonly dtype: "float64" | "int32" | "bool";
  readonly data: (number | boolean | string)[];
}

interface Case {
  readonly op: string;
  readonly options: Record<string, unknown>;
  readonly inputs: readonly Plain[];
  readonly outputs: readonly Plain[];
  readonly cotangent: Plain | null;
  readonly gradients: readonly Plain[];
}

const named: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: NaN };
const read = (value: unknown): unknown =>
  typeof value === "string" && value in named ? named[value] : value;

type Op = (...args: unknown[]) => Tensor | Record<string, Tensor>;

/** Calls the op by its name; what is no option in Wengert comes as an argument. */
function call({ op, options }: Case, inputs: readonly Tensor[]): Tensor[] {
  const f = (autograd as unknown as Record<string, Op>)[op];
  const { k, q, ...rest } = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, read(value)]),
  );
  const numbers = [k, q].filter((value) => value !== undefined);
  const isBare = Object.keys(rest).length === 0;
  const result = f(...inputs, ...numbers, ...(isBare ? [] : [rest]));
  return "layout" in result ? [result as Tensor] : [result.values, result.indices];
}

const toTensor = ({ shape, dtype, data }: Plain): Tensor =>
  tensor(data.map(read) as number[], { shape, dtype });

function expectClose(got: Tensor, { shape, dtype, data }: Plain): void {
  expect(got.shape).toEqual(shape);
  expect(got.dtype).toBe(dtype);
  got.data.forEach((value, i) => {
    const wanted = Number(read(data[i]));
    if (Object.is(value, wanted)) return;
    const error = value === wanted ? 0 : Math.abs(value - wanted);
    expect(error, `${value} instead of ${wanted} as element ${i}`).toBeLessThan(
      1e-12 * (1 + Math.abs(wanted)),
    );
  });
}

const cases = (fixture as unknown as Case[]).map((entry, i) => {
  const shapes = entry.inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" ");
  return [`${i}: ${entry.op} ${shapes} ${JSON.stringify(entry.options)}`, entry] as const;
});

describe("as PyTorch", () => {
  it.each(cases)("%s", (_, entry) => {
    const inputs = entry.inputs.map(toTensor);
    call(entry, inputs).forEach((y, i) => expectClose(y, entry.outputs[i]));
    if (entry.cotangent === null) return;
    const [, pull] = vjp((...xs: Tensor[]) => call(entry, xs)[0], ...inputs);
    pull(toTensor(entry.cotangent)).forEach((g, i) => expectClose(g, entry.gradients[i]));
  });
});
