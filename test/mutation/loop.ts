// A loop as an op that can be made wrong. No module exports one: scan makes an op for each function.
import { NDArray, scan, tensor, add, mul, sin, type Op, type OpFunction } from "@wengert/autograd";
import { evaluate, withEvaluator } from "@wengert/autograd/compiler";

const width = 2;

/** The op that scan binds for a function of two carries, a slice and what it closes over. */
function boundByScan(): Op {
  // What may be differentiated is saved for the rules.
  const [h, g, w] = [1, 2, 3].map((value) =>
    tensor([value, -value], { dtype: "float64", requiresGrad: true }),
  );
  const xs = tensor([[0, 0]], { dtype: "float64" });
  let bound: Op | null = null;
  withEvaluator(
    (op, inputs, attrs) => {
      bound = op;
      return withEvaluator(null, () => evaluate(op, inputs, attrs));
    },
    () =>
      scan(
        ([a, b], x) => [
          [sin(add(mul(a, w), x)), add(mul(b, w), mul(a, x))],
          [mul(a, b), add(x, b)],
        ],
        [h, g],
        xs,
      ),
  );
  return bound!;
}

/** The same in plain numbers: the last carries, the results, and the carries that each turn was given. */
function loop(
  [h, g, xs, w]: readonly NDArray[],
  { length, reverse }: { readonly length: number; readonly reverse: boolean },
): NDArray[] {
  let [a, b] = [[...h.data], [...g.data]];
  const stacks: number[][][] = [[], [], [], []];
  for (let turn = 0; turn < length; turn++) {
    const t = reverse ? length - 1 - turn : turn;
    const x = Array.from({ length: width }, (_, i) => xs.at([t, i]));
    [a.map((v, i) => v * b[i]), x.map((v, i) => v + b[i]), a, b].forEach(
      (row, k) => (stacks[k][t] = row),
    );
    [a, b] = [
      a.map((v, i) => Math.sin(v * w.data[i] + x[i])),
      b.map((v, i) => v * w.data[i] + a[i] * x[i]),
    ];
  }
  return [
    new NDArray([width], a),
    new NDArray([width], b),
    ...stacks.map((rows) => new NDArray([length, width], rows.flat())),
  ];
}

/** The op with samples and a formula, as an exported op has them. */
export const scanned: OpFunction = Object.assign(() => {}, {
  op: {
    ...boundByScan(),
    samples: (draw) => {
      const length = draw.int(0, 3);
      const reals = (shape: readonly number[]) => ({
        shape,
        data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw.real(-1.5, 1.5)),
        dtype: "float" as const,
      });
      const inputs = [[width], [width], [length, width], [width]].map(reals);
      return { inputs, attrs: { length, reverse: draw.int(0, 1) === 1 } };
    },
    reference: (inputs, attrs) => loop(inputs, attrs as unknown as Parameters<typeof loop>[1]),
  } satisfies Op,
});
