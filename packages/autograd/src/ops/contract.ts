// Sums of products over shared axes. They are closed under differentiation: the gradient of a
// contraction by one operand is a contraction of the cotangent with the other.
import type { Spec } from "../kernel/kernel.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { BatchRule, JvpRule } from "../op/op.ts";
import type { Attrs } from "../op/attrs.ts";
import { checkOperands } from "../op/operands.ts";
import { drawShape, reals } from "../op/samples.ts";
import type { MatmulFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { sameShape, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./move.ts";
import { add } from "./pointwise.ts";

type ContractAttrs = {
  /** A number for each axis; equal numbers are the same index. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly out: readonly number[];
};

/** The tangent of an op that is linear in each of two inputs. */
export const bilinearJvp: JvpRule<Attrs> = ([ta, tb], { op, a, b, attrs }) => {
  const first = ta && bind(op, [ta, b], attrs)[0];
  const second = tb && bind(op, [a, tb], attrs)[0];
  return [first && second ? add(first, second) : (first ?? second)];
};

/**
 * out = Σ a·b over the labels that `out` lacks, as einsum with numbers for letters: each axis of
 * each operand has a label; every label is in at least two of a, b and out.
 * @example contract(a, b, { a: [0, 2], b: [2, 1], out: [0, 1] }); // a matrix product
 */
export const contract: OpOf<
  (a: Tensor, b: Tensor, labels: ContractAttrs) => Tensor,
  ContractAttrs
> = defineOp<(a: Tensor, b: Tensor, labels: ContractAttrs) => Tensor, ContractAttrs>(
  {
    name: "contract",
    arity: 2,
    broadcasts: false,
    shape: (inputs, labels) => [
      { shape: contractShape(inputs, labels), dtype: checkOperands("contract", inputs, "number") },
    ],
    body: (k, [a, b], labels) => [k.contract(a, labels.a, b, labels.b, labels.out)],
    vjp: [
      (g, { b, attrs }) => contract(g, b, { a: attrs.out, b: attrs.b, out: attrs.a }),
      (g, { a, attrs }) => contract(a, g, { a: attrs.a, b: attrs.out, out: attrs.b }),
    ],
    jvp: bilinearJvp,
    batch: ({ op, inputs, batched, attrs: { a, b, out } }) => {
      const label = Math.max(-1, ...a, ...b) + 1;
      return bind(op, inputs, {
        a: batched[0] ? [label, ...a] : a,
        b: batched[1] ? [label, ...b] : b,
        out: [label, ...out],
      });
    },
    samples: (draw) => {
      const labels = draw.pick<ContractAttrs>([
        { a: [0, 2], b: [2, 1], out: [0, 1] },
        { a: [2, 0], b: [1, 2], out: [1, 0] },
        { a: [3, 0, 2], b: [3, 2, 1], out: [3, 0, 1] },
        { a: [0, 1, 2], b: [2, 1], out: [0] },
        { a: [0], b: [1], out: [1, 0] },
        { a: [0], b: [0], out: [0] },
        { a: [0, 1], b: [1, 0], out: [] },
      ]);
      const sizes = [0, 1, 2, 3].map(() => draw.pick([2, 3, 1, 2, 0]));
      const shape = (operand: readonly number[]) => operand.map((label) => sizes[label]);
      return {
        inputs: [reals(draw, shape(labels.a)), reals(draw, shape(labels.b))],
        attrs: labels,
      };
    },
    reference: ([a, b], labels) => {
      const size = (label: number): number =>
        labels.a.includes(label)
          ? a.shape[labels.a.indexOf(label)]
          : b.shape[labels.b.indexOf(label)];
      const summed = [...new Set([...labels.a, ...labels.b])].filter(
        (l) => !labels.out.includes(l),
      );
      const all = [...labels.out, ...summed];
      return NDArray.build(labels.out.map(size), (index) => {
        let total = 0;
        for (const inner of indices(summed.map(size))) {
          const at = (label: number): number => [...index, ...inner][all.indexOf(label)];
          total += a.at(labels.a.map(at)) * b.at(labels.b.map(at));
        }
        return total;
      });
    },
  },
  (apply) => (a: Tensor, b: Tensor, labels: ContractAttrs) => {
    checkOptions("contract", labels, ["a", "b", "out"]);
    if ([labels.a, labels.b, labels.out].every(Array.isArray)) return apply([a, b], labels);
    throw new OptionError({
      where: "contract",
      expected: "labels for the axes of a, b and out",
      got: JSON.stringify(labels),
      fix: "Write e.g. { a: [0, 2], b: [2, 1], out: [0, 1] } for a matrix product.",
    });
  },
);

function contractShape([a, b]: readonly Spec[], labels: ContractAttrs): number[] {
  const sizes = new Map<number, number>();
  const complain = (got: string) =>
    new ShapeError({
      where: "contract",
      expected: "labels that fit the axes, each in two of a, b and out, with one size each",
      got,
      fix: "For a matrix product, use matmul.",
    });
  const rows = [labels.a, labels.b, labels.out];
  const shapes = `${showShape(a.shape)} as ${rows[0]}, ${showShape(b.shape)} as ${rows[1]}`;
  if (labels.a.length !== a.shape.length || labels.b.length !== b.shape.length)
    throw complain(shapes);
  if (rows.some((row) => new Set(row).size < row.length)) throw complain(`${shapes} to ${rows[2]}`);
  for (const [label, size] of [
    ...labels.a.map((label, d) => [label, a.shape[d]]),
    ...labels.b.map((label, d) => [label, b.shape[d]]),
  ]) {
    if (sizes.has(label) && sizes.get(label) !== size)
      throw complain(`${shapes}: sizes of ${label} differ`);
    sizes.set(label, size);
  }
  const lone = rows.flat().find((label) => rows.filter((row) => row.includes(label)).length < 2);
  if (lone !== undefined) throw complain(`${shapes} to ${rows[2]}: ${lone} is alone`);
  return labels.out.map((label) => sizes.get(label)!);
}

interface MatmulPlan extends ContractAttrs {
  /** The operands without the axes of size 1 that the other one broadcasts against. */
  readonly aShape: Shape;
  readonly bShape: Shape;
  readonly outShape: Shape;
}

/** Labels 0, 1, 2 are rows, columns and the sum; 3 and up are batch axes counted from the right. */
function planMatmul(a: Shape, b: Shape): MatmulPlan {
  if (a.length === 0 || b.length === 0) {
    throw new ShapeError({
      where: "matmul",
      expected: "operands of at least one axis",
      got: `${showShape(a)} and ${showShape(b)}`,
      fix: "Use mul for a scalar.",
    });
  }
  const aCore = a.length === 1 ? [2] : [0, 2];
  const bCore = b.length === 1 ? [2] : [2, 1];
  const inner = [a[a.length - 1], b.length === 1 ? b[0] : b[b.length - 2]];
  if (inner[0] !== inner[1]) {
    throw new ShapeError({
      where: "matmul",
      expected: "inner dimensions that agree, [..., m, k] and [..., k, n]",
      got: `${inner[0]} and ${inner[1]} in ${showShape(a)} and ${showShape(b)}`,
      fix: "Transpose one of the operands, or reshape it.",
    });
  }
  const aBatch = a.slice(0, -2);
  const bBatch = b.slice(0, -2);
  const plan = { a: [] as number[], b: [] as number[], out: [] as number[] };
  const shapes = { a: [] as number[], b: [] as number[], out: [] as number[] };
  for (let i = Math.max(aBatch.length, bBatch.length); i > 0; i--) {
    const x = aBatch[aBatch.length - i] ?? 1;
    const y = bBatch[bBatch.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError({
        where: "matmul",
        expected: "batch dimensions that broadcast",
        got: `${showShape(aBatch)} and ${showShape(bBatch)} in ${showShape(a)} and ${showShape(b)}`,
        fix: "Reshape or unsqueeze one of the operands.",
      });
    }
    const label = 2 + i;
    const size = x === 1 ? y : x;
    plan.out.push(label);
    shapes.out.push(size);
    if (x === size) {
      plan.a.push(label);
      shapes.a.push(x);
    }
    if (y === size) {
      plan.b.push(label);
      shapes.b.push(y);
    }
  }
  const rows = a.length === 1 ? [] : [0];
  const columns = b.length === 1 ? [] : [1];
  return {
    a: [...plan.a, ...aCore],
    b: [...plan.b, ...bCore],
    out: [...plan.out, ...rows, ...columns],
    aShape: [...shapes.a, ...a.slice(-2)],
    bShape: [...shapes.b, ...b.slice(-2)],
    outShape: [
      ...shapes.out,
      ...(rows.length ? [a[a.length - 2]] : []),
      ...(columns.length ? [b[b.length - 1]] : []),
    ],
  };
}

const reshaped = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : reshape(x, shape);

/**
 * The matrix product of [..., m, k] and [..., k, n]; batch axes broadcast. A vector on the left is
 * a row, on the right a column, and its axis vanishes from the result.
 * @throws ShapeError when the inner dimensions differ or the batches do not broadcast.
 * @example matmul(zeros([64, 784]), zeros([784, 10])); // shape [64, 10]
 */
export const matmul: OpOf<MatmulFn> = defineOp({
  name: "matmul",
  arity: 2,
  broadcasts: false,
  shape: (inputs) => {
    const { outShape } = planMatmul(inputs[0].shape, inputs[1].shape);
    return [{ shape: outShape, dtype: checkOperands("matmul", inputs, "number") }];
  },
  body: (k, [a, b]) => {
    const plan = planMatmul(a.shape, b.shape);
    const operands = [k.reshape(a, plan.aShape), k.reshape(b, plan.bShape)];
    return [k.contract(operands[0], plan.a, operands[1], plan.b, plan.out)];
  },
  vjp: [
    (g, saved) => {
      const plan = planMatmul(saved.shape(0), saved.shape(1));
      const labels = { a: plan.out, b: plan.b, out: plan.a };
      return reshaped(contract(g, reshaped(saved.b, plan.bShape), labels), saved.shape(0));
    },
    (g, saved) => {
      const plan = planMatmul(saved.shape(0), saved.shape(1));
      const labels = { a: plan.a, b: plan.out, out: plan.b };
      return reshaped(contract(reshaped(saved.a, plan.aShape), g, labels), saved.shape(1));
    },
  ],
  jvp: bilinearJvp,
  batch: batchMatmul(),
  samples: (draw) => {
    const batch = drawShape(draw, { maxRank: 2 });
    const [m, n, k] = [0, 1, 2].map(() => draw.pick([2, 3, 1, 2, 0]));
    const left = draw.pick([[m, k], [m, k], [k]]);
    const right = draw.pick([[k, n], [k, n], [k]]);
    const broadcast = (core: Shape) =>
      core.length === 1 ? core : [...batch.slice(draw.int(0, batch.length)), ...core];
    return { inputs: [reals(draw, broadcast(left)), reals(draw, broadcast(right))], attrs: {} };
  },
  reference: ([a, b]) => {
    const m = a.shape.length > 1 ? a.shape.slice(-2, -1) : [];
    const n = b.shape.length > 1 ? b.shape.slice(-1) : [];
    const [p, q] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const batch = p.length > q.length ? p : q;
    return NDArray.build([...batch, ...m, ...n], (index) => {
      const outer = index.slice(0, batch.length);
      const i = index.slice(batch.length, batch.length + m.length);
      const j = index.slice(batch.length + m.length);
      let total = 0;
      for (let k = 0; k < a.shape[a.shape.length - 1]; k++) {
        const left = [...outer.slice(batch.length - p.length), ...i, k];
        const right = [...outer.slice(batch.length - q.length), k, ...j];
        total += a.at(left) * b.at(right);
      }
      return total;
    });
  },
});

/** By the contraction with one more label: a batch may then be on one operand only. */
function batchMatmul(): BatchRule<Attrs> {
  return ({ inputs, batched, size }) => {
    const [a, b] = inputs.map((x, i) => x.shape.slice(batched[i] ? 1 : 0));
    const plan = planMatmul(a, b);
    const label = 2 + Math.max(a.length, b.length) + 1;
    const front = (i: number) => (batched[i] ? [size] : []);
    const labels = (i: number, own: readonly number[]) => (batched[i] ? [label, ...own] : own);
    return [
      contract(
        reshaped(inputs[0], [...front(0), ...plan.aShape]),
        reshaped(inputs[1], [...front(1), ...plan.bShape]),
        { a: labels(0, plan.a), b: labels(1, plan.b), out: [label, ...plan.out] },
      ),
    ];
  };
}
