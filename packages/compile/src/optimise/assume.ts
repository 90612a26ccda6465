// What a faster form of a computation takes for granted, as a check inside of the program. Like any check it
// comes before the first assignment; where it fails, the call is made once more with a program that takes
// nothing for granted (see `CompiledProgram`).
import { scalar, type DType } from "@wengert/autograd";
import { contiguousStrides } from "@wengert/autograd/compiler";
import type { Node, Ref } from "../graph/graph.ts";

/** The name under which the checks fail, instead of an op's. */
export const assumption = "an assumption of the compiler";

/** Passes that assume something. */
export const assumingPasses: ReadonlySet<string> = new Set(["gather windows"]);

/** Nodes that fail unless all elements are finite: their number is an index into one element.
 *  @param next the number of the first of them */
export function assumeFinite(ref: Ref, dtype: DType, next: number): Node[] {
  if (dtype !== "float32" && dtype !== "float64") return [];
  const isFinite = scalar.lt(scalar.abs(scalar.input(0)), Infinity);
  const expr = scalar.cast(scalar.not(isFinite), "int32");
  const axes = ref.shape.map((_, axis) => axis);
  const whole = { shape: [1], strides: [1], offset: 0 };
  const common = { kind: "kernel", dtype: "int32", origin: "check" } as const;
  return [
    { ...common, kernel: { kind: "map", expr }, shape: ref.shape, inputs: [ref] },
    {
      ...common,
      kernel: { kind: "reduce", op: "sum", axes },
      shape: [],
      inputs: [{ node: next, shape: ref.shape, strides: contiguousStrides(ref.shape), offset: 0 }],
    },
    {
      ...common,
      kernel: { kind: "gather", name: assumption, axis: 0 },
      shape: [1],
      inputs: [
        { node: next + 1, ...whole },
        { node: next + 1, ...whole },
      ],
    },
  ];
}
