// "A call equals one eager call of f": random functions that compute, look at tensors of the surroundings
// through views, and assign to whole ones and to parts of them, in any order.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  add,
  clone,
  concat,
  cumsum,
  gt,
  max,
  mul,
  slice,
  softmax,
  sub,
  sum,
  tanh,
  where,
  type Shape,
  type Tensor,
} from "@wengert/autograd";
import { compile } from "../../src/index.ts";
import { distance, expectClose, seeded } from "./support.ts";

type StepOf = (a: Tensor, b: Tensor) => Tensor;

/** From two matrices to a third of their shape; some of them views. An even number of rows. */
const steps: readonly (readonly [string, StepOf])[] = [
  ["add", (a, b) => add(a, b)],
  ["mul", (a, b) => mul(a, tanh(b))],
  ["scale", (a) => mul(a, 0.5)],
  ["tanh", (a) => tanh(a)],
  ["flip", (a) => slice(a, [[null, null, -1]])],
  ["same", (a) => a],
  ["turned", (a) => a.transpose().reshape(a.shape)],
  ["view of a view", (a) => slice(slice(a, [null, [null, null, -1]]), [[0, null, 1]])],
  ["row sums", (a, b) => sub(a, mul(sum(b, { axis: 1, keepDims: true }), 0.5 / rowsOf(b)))],
  ["column maxima", (a, b) => sub(a, max(b, { axis: 0 }))],
  ["total", (a, b) => sub(a, mul(sum(b), 0.5 / b.size))],
  ["softmax", (a) => softmax(a)],
  ["running sums", (a) => tanh(cumsum(a, { axis: 0 }))],
  [
    "halves exchanged",
    (a, b) => concat([slice(a, [[rowsOf(a) / 2]]), slice(b, [[0, rowsOf(b) / 2]])]),
  ],
  ["choice", (a, b) => where(gt(a, b), a, mul(b, -1))],
  ["product", (a, b) => mul(a.matmul(b.transpose()).matmul(tanh(a)), 1 / a.size)],
];

const rowsOf = ({ shape }: Tensor): number => (shape as number[])[0];

/** The part of the target that is written, and the fitting part of the value. */
const assignments: readonly (readonly [string, (target: Tensor, value: Tensor) => void])[] = [
  ["all", (t, v) => t.copyFrom(v)],
  ["all, transposed", (t, v) => t.transpose().copyFrom(v.transpose())],
  ["rows", (t, v) => slice(t, [[1, -1]]).copyFrom(slice(v, [[2, null]]))],
  ["a column", (t, v) => slice(t, [null, 1]).copyFrom(slice(v, [null, 2]))],
  [
    "every other, backwards",
    (t, v) => slice(t, [[null, null, 2]]).copyFrom(slice(v, [[null, null, -2]])),
  ],
  ["an element", (t, v) => slice(t, [3, 0]).copyFrom(slice(v, [0, -1]))],
];

type Instruction =
  | { readonly kind: "step"; readonly op: number; readonly a: number; readonly b: number }
  | {
      readonly kind: "assign";
      readonly how: number;
      readonly cell: number;
      readonly value: number;
    };

const number = fc.nat({ max: 1000 });
const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("step" as const),
      op: fc.nat({ max: steps.length - 1 }),
      a: number,
      b: number,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("assign" as const),
      how: fc.nat({ max: assignments.length - 1 }),
      cell: fc.nat({ max: 1 }),
      value: number,
    }),
  },
);

/** The function that does these things to cells of its own, and the cells. */
function build(shape: Shape, program: readonly Instruction[], outputs: readonly number[]) {
  const cells = [seeded(shape, 1), seeded(shape, 2)];
  const f = (x: Tensor): Tensor[] => {
    const values: Tensor[] = [x, ...cells];
    const at = (i: number): Tensor => values[i % values.length];
    for (const it of program) {
      if (it.kind === "step") values.push(steps[it.op][1](at(it.a), at(it.b)));
      else assignments[it.how][1](cells[it.cell], at(it.value));
    }
    return outputs.map(at);
  };
  return { f, cells };
}

it.each<[string, Shape, number]>([
  ["small", [4, 3], 200],
  ["of several lanes and a rest", [6, 11], 60],
  ["shared by threads", [150, 77], 25],
])("random programs with assignments equal eager calls: matrices %s", (_, shape, numRuns) => {
  fc.assert(
    fc.property(
      fc.array(instruction, { minLength: 1, maxLength: 12 }),
      fc.array(number, { minLength: 0, maxLength: 3 }),
      (program, outputs) => {
        const [eager, twin] = [build(shape, program, outputs), build(shape, program, outputs)];
        const compiled = compile(twin.f);
        for (let call = 0; call < 3; call++) {
          const x = seeded(shape, 10 + call);
          const before = twin.cells.map((cell) => clone(cell));
          // What it returns may be a view of what the next call assigns.
          const expected = eager.f(x).map((y) => clone(y));
          expectClose(compiled(x), expected, 1e-9);
          expectClose(twin.cells, eager.cells, 1e-9);
          if (!program.some(({ kind }) => kind === "assign")) {
            expect(twin.cells.map((cell, i) => distance(cell, before[i]))).toEqual([0, 0]);
          }
        }
        expect(compiled.compilations).toBe(1);
      },
    ),
    { numRuns },
  );
});
