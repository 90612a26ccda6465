// Kernels made wrong at one place. A wrong kernel has the result's shape of the right one: where a change
// does not fit a sample's shapes, the kernel stays as it is for that sample.
import type { Kernel, Program, Spec, Step } from "@wengert/autograd";
import { scalar } from "@wengert/autograd";
import { wrongExprs } from "./expr.ts";

/** Shapes of the inputs of a step. */
type Shapes = readonly (readonly number[])[];

export interface WrongKernel {
  readonly what: string;
  readonly kernel: Kernel;
  /** Whether its inputs come in reverse order. */
  readonly reverses?: boolean;
}

/** The kernels that a step might have by mistake.
 *  @param made What the kernel before made, where this one takes a part of it. */
export function wrongKernels(
  { kernel, spec }: Step,
  shapes: Shapes,
  made: readonly Spec[] = [],
): WrongKernel[] {
  switch (kernel.kind) {
    case "map": {
      const isBool = spec.dtype === "bool";
      const scaled = {
        what: "scaled by 1.01",
        kernel: { ...kernel, expr: scalar.mul(kernel.expr, 1.01) },
      };
      const wrong = wrongExprs(kernel.expr).map(({ what, expr }) => ({
        what,
        kernel: { ...kernel, expr },
      }));
      return isBool ? wrong : [...(spec.dtype === "int32" ? [] : [scaled]), ...wrong];
    }
    case "scan":
      return [
        ...wrongExprs(kernel.expr).map(({ what, expr }) => ({ what, kernel: { ...kernel, expr } })),
        { what: "the other way", kernel: { ...kernel, reverse: !kernel.reverse } },
        { what: "another start", kernel: { ...kernel, init: kernel.init + 0.5 } },
        ...otherAxes(spec.shape, kernel.axis).map((axis) => ({
          what: "another axis",
          kernel: { ...kernel, axis },
        })),
      ];
    case "reduce": {
      const op = { sum: "max", prod: "sum", max: "min", min: "max" } as const;
      const wrong: WrongKernel[] = [
        { what: `${kernel.op} as ${op[kernel.op]}`, kernel: { ...kernel, op: op[kernel.op] } },
      ];
      for (const axis of otherAxes(shapes[0], kernel.axes[0])) {
        if (kernel.axes.includes(axis)) continue;
        const axes = kernel.axes.with(0, axis).toSorted((a, b) => a - b);
        wrong.push({ what: "another axis", kernel: { ...kernel, axes } });
      }
      return wrong;
    }
    case "argReduce": {
      const op = kernel.op === "max" ? "min" : "max";
      return [
        { what: `${kernel.op} as ${op}`, kernel: { ...kernel, op } },
        ...otherAxes(shapes[0], kernel.axis).map((axis) => ({
          what: "another axis",
          kernel: { ...kernel, axis },
        })),
      ];
    }
    case "view":
    case "overlapAdd":
      return wrongViews(kernel, spec.shape, shapes[0]);
    case "pad": {
      const { low, high } = kernel;
      const wrong: WrongKernel[] = [
        { what: "another value", kernel: { ...kernel, value: kernel.value + 1 } },
      ];
      if (low.some((width, d) => width !== high[d])) {
        wrong.push({ what: "the edges exchanged", kernel: { ...kernel, low: high, high: low } });
      }
      return wrong;
    }
    case "concat": {
      const reversed = shapes.toReversed();
      const fits = shapes.length > 1 && shapes.every((shape, i) => same(shape, reversed[i]));
      return fits ? [{ what: "in reverse order", kernel, reverses: true }] : [];
    }
    case "contract":
      return wrongContractions(kernel, shapes);
    case "gather":
    case "scatter":
    case "scatterAdd":
      return otherAxes(shapes[0], kernel.axis)
        .filter((axis) => shapes[1][axis] <= shapes[0][axis])
        .map((axis) => ({ what: "another axis", kernel: { ...kernel, axis } }));
    case "iota":
      return otherAxes(spec.shape, kernel.axis).map((axis) => ({
        what: "another axis",
        kernel: { ...kernel, axis },
      }));
    case "host":
      return [
        {
          what: "scaled by 1.01",
          kernel: {
            ...kernel,
            run: (inputs, out) => {
              kernel.run(inputs, out);
              for (let i = 0; i < out.length; i++)
                out[i] = out[i] * 1.01 + (Number.isInteger(out[i]) ? 1 : 0);
            },
          },
        },
      ];
    // Nothing of theirs is a parameter: what they do wrong shows in what they are given.
    case "reshape":
    case "random":
    case "assign":
      return [];
    case "repeat":
      return wrongLoops(kernel);
    case "part":
      return made.flatMap((other, index) =>
        index !== kernel.index && same(other.shape, spec.shape) && other.dtype === spec.dtype
          ? [{ what: `value ${index} as ${kernel.index}`, kernel: { ...kernel, index } }]
          : [],
      );
  }
}

/** A loop that goes the other way, exchanges its carries, or does in each turn something else. */
function wrongLoops(kernel: Extract<Kernel, { kind: "repeat" }>): WrongKernel[] {
  const { body, carries, reverse } = kernel;
  const specs = specsOf(body);
  const wrong: WrongKernel[] = [
    { what: "the other way", kernel: { ...kernel, reverse: !reverse } },
  ];
  for (let i = 0; i + 1 < carries; i++) {
    const [a, b] = [body.outputs[i], body.outputs[i + 1]];
    if (!same(specs[a].shape, specs[b].shape)) continue;
    const exchanged = { ...body, outputs: swapped(body.outputs, i) };
    wrong.push({
      what: `carries ${i} and ${i + 1} exchanged`,
      kernel: { ...kernel, body: exchanged },
    });
  }
  eachWrong(body, (place, { what, kernel: other, reverses }, at) => {
    const steps = body.steps.map((step, i) =>
      i === at
        ? { ...step, kernel: other, inputs: reverses ? step.inputs.toReversed() : step.inputs }
        : step,
    );
    wrong.push({
      what: `in a turn, ${place}: ${what}`,
      kernel: { ...kernel, body: { ...body, steps } },
    });
  });
  return wrong;
}

const specsOf = ({ inputs, steps }: Program): Spec[] => [
  ...inputs,
  ...steps.map(({ spec }) => spec),
];

/** Visits all that can be wrong with a program, one kernel at a time. */
export function eachWrong(
  program: Program,
  visit: (place: string, wrong: WrongKernel, step: number) => void,
): void {
  const { inputs, steps } = program;
  const specs = specsOf(program);
  // A kernel's number depends on options and shapes; which one of its kind it is does so less.
  const seen = new Map<string, number>();
  steps.forEach((step, i) => {
    const before = steps[step.inputs[0] - inputs.length]?.kernel;
    const wrongs = wrongKernels(
      step,
      step.inputs.map((id) => specs[id].shape),
      before?.kind === "repeat" ? before.outputs : [],
    );
    for (const wrong of wrongs) {
      const key = `${step.kernel.kind}: ${wrong.what}`;
      const count = seen.get(key) ?? 0;
      seen.set(key, count + 1);
      const place = `${step.kernel.kind}${count > 0 ? `, place ${count + 1}` : ""}`;
      visit(place, wrong, i);
    }
  });
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** Axes of the same extent, so that shapes stay. */
const otherAxes = (shape: readonly number[], axis: number): number[] =>
  shape.flatMap((dim, d) => (d !== axis && dim === shape[axis] ? [d] : [])).slice(0, 1);

type ViewLike = Extract<Kernel, { kind: "view" | "overlapAdd" }>;

/** `outer` is what a view makes, `inner` what it looks at; overlapAdd has them the other way. */
function wrongViews(
  kernel: ViewLike,
  spec: readonly number[],
  input: readonly number[],
): WrongKernel[] {
  const [outer, inner] = kernel.kind === "view" ? [spec, input] : [input, spec];
  const { axes, steps, starts } = kernel;
  const fits = (candidate: ViewLike): boolean => {
    const reach = candidate.starts.map((start) => [start, start]);
    candidate.axes.forEach((axis, d) => {
      if (axis < 0) return;
      const span = candidate.steps[d] * (outer[d] - 1);
      reach[axis] = [reach[axis][0] + Math.min(0, span), reach[axis][1] + Math.max(0, span)];
    });
    return reach.every(([low, high], axis) => low >= 0 && high < inner[axis]);
  };
  const wrong: WrongKernel[] = [];
  const offer = (what: string, change: Partial<ViewLike>): void => {
    const candidate = { ...kernel, ...change } as ViewLike;
    if (outer.every((dim) => dim > 0) && fits(candidate)) wrong.push({ what, kernel: candidate });
  };
  for (let d = 0; d + 1 < axes.length; d++) {
    if (axes[d] !== axes[d + 1] && outer[d] > 1) {
      const change = { axes: swapped(axes, d), steps: swapped(steps, d) };
      offer("axes exchanged", change);
    }
  }
  axes.forEach((axis, d) => {
    if (axis < 0 || outer[d] < 2) return;
    const start = starts[axis] + steps[d] * (outer[d] - 1);
    offer("reversed", { steps: steps.with(d, -steps[d]), starts: starts.with(axis, start) });
  });
  starts.forEach((start, axis) =>
    offer("starting later", { starts: starts.with(axis, start + 1) }),
  );
  return wrong;
}

const swapped = <T>(list: readonly T[], i: number): T[] =>
  list.with(i, list[i + 1]).with(i + 1, list[i]);

function wrongContractions(
  kernel: Extract<Kernel, { kind: "contract" }>,
  [a, b]: Shapes,
): WrongKernel[] {
  const wrong: WrongKernel[] = [];
  for (const [side, shape] of [
    ["a", a],
    ["b", b],
  ] as const) {
    const labels = kernel[side];
    for (let d = 0; d + 1 < labels.length; d++) {
      if (shape[d] !== shape[d + 1] || shape[d] < 2) continue;
      wrong.push({ what: `${side} transposed`, kernel: { ...kernel, [side]: swapped(labels, d) } });
    }
  }
  return wrong;
}
