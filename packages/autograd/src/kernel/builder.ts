// Builds an op's program: each method appends a kernel and returns its value.
import type { DType } from "../tensor/dtype.ts";
import { OpDefinitionError } from "../tensor/errors.ts";
import { broadcastShapes, reduceShape, sameShape, type Shape } from "../tensor/shape.ts";
import type {
  HostKernel,
  Kernel,
  Program,
  ReduceKernel,
  RepeatKernel,
  Spec,
  Step,
} from "./kernel.ts";
import { casts } from "./interpret.ts";
import type { Expr } from "./expr.ts";
import { cast, input, typeOf } from "./scalar.ts";

/** A value inside of a body: an input, or what a kernel made. */
export interface Value extends Spec {
  readonly id: number;
}

export interface ViewPlan {
  /** Of the result. */
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly steps: readonly number[];
  readonly starts: readonly number[];
}

export class KernelBuilder {
  private readonly steps: Step[] = [];
  private readonly name: string;
  readonly inputs: readonly Value[];

  constructor(name: string, inputs: readonly Spec[]) {
    this.name = name;
    this.inputs = inputs.map(({ shape, dtype }, id) => ({ shape, dtype, id }));
  }

  finish(outputs: readonly Value[]): Program {
    return { inputs: this.inputs, steps: this.steps, outputs: outputs.map((value) => value.id) };
  }

  /** Exchanges the kernels there are so far, each for one of the same result: for those who make an op
   *  wrong on purpose, to see whether its checks notice. */
  rewrite(change: (step: Step, index: number) => Step): void {
    this.steps.forEach((step, i) => (this.steps[i] = change(step, i)));
  }

  /** A scalar expression over broadcast values.
   *  @example k.map([x, y], (x, y) => s.exp(s.sub(x, y))) */
  map(values: readonly Value[], build: (...args: Expr[]) => Expr): Value {
    const expr = build(...values.map((_, i) => input(i)));
    const dtype = typeOf(
      expr,
      values.map((value) => value.dtype),
    );
    if (!dtype) {
      throw new OpDefinitionError({
        where: this.name,
        expected: "a map whose dtype follows from its inputs",
        got: "an expression of constants only",
        fix: "Cast the constant, or use an input.",
      });
    }
    const shape = broadcastShapes(
      this.name,
      values.map((value) => value.shape),
    );
    return this.push({ kind: "map", expr }, values, shape, dtype);
  }

  cast(x: Value, dtype: DType): Value {
    return x.dtype === dtype ? x : this.map([x], (e) => cast(e, dtype));
  }

  reduce(op: ReduceKernel["op"], x: Value, axes: readonly number[], keepDims = false): Value {
    if (axes.length === 0) return x;
    const reduced = this.push({ kind: "reduce", op, axes }, [x], reduceShape(x.shape, axes, false));
    return keepDims ? this.reshape(reduced, reduceShape(x.shape, axes, true)) : reduced;
  }

  argReduce(op: "max" | "min", x: Value, axis: number): Value {
    return this.push(
      { kind: "argReduce", op, axis },
      [x],
      reduceShape(x.shape, [axis], false),
      "int32",
    );
  }

  /** Runs along an axis: each output is step(the one before, the values there). */
  scan(
    values: readonly Value[],
    options: { readonly axis: number; readonly init: number; readonly reverse?: boolean },
    step: (carry: Expr, ...args: Expr[]) => Expr,
  ): Value {
    const [carry, ...args] = [0, ...values.map((_, i) => i + 1)].map(input);
    const { axis, init, reverse = false } = options;
    const expr = step(carry, ...args);
    return this.push({ kind: "scan", expr, axis, init, reverse }, values, values[0].shape);
  }

  view(x: Value, { shape, axes, steps, starts }: ViewPlan): Value {
    return this.push({ kind: "view", axes, steps, starts }, [x], shape);
  }

  /** The same value, which a compiler takes for another one: see ViewKernel. */
  barrier(x: Value): Value {
    const axes = x.shape.map((_, d) => d);
    const [steps, starts] = [axes.map(() => 1), axes.map(() => 0)];
    return this.push({ kind: "view", axes, steps, starts, isOpaque: true }, [x], x.shape);
  }

  /** The transpose of a view: `shape` is that of what was viewed. */
  overlapAdd(x: Value, { shape, axes, steps, starts }: ViewPlan): Value {
    return this.push({ kind: "overlapAdd", axes, steps, starts }, [x], shape);
  }

  permute(x: Value, axes: readonly number[]): Value {
    const starts = x.shape.map(() => 0);
    const shape = axes.map((axis) => x.shape[axis]);
    return this.view(x, { shape, axes, steps: axes.map(() => 1), starts });
  }

  /** Repeats axes of size 1, and the whole along new ones in front. */
  expand(x: Value, shape: Shape): Value {
    if (sameShape(x.shape, shape)) return x;
    const lead = shape.length - x.shape.length;
    const axes = shape.map((dim, d) => (d < lead || x.shape[d - lead] !== dim ? -1 : d - lead));
    return this.view(x, { shape, axes, steps: shape.map(() => 1), starts: x.shape.map(() => 0) });
  }

  reshape(x: Value, shape: Shape): Value {
    return sameShape(x.shape, shape) ? x : this.push({ kind: "reshape" }, [x], shape);
  }

  pad(
    x: Value,
    low: readonly number[],
    high: readonly number[],
    options: { readonly interior?: readonly number[]; readonly value?: number } = {},
  ): Value {
    const { interior = x.shape.map(() => 0), value = 0 } = options;
    if ([...low, ...high, ...interior].every((width) => width === 0)) return x;
    const shape = x.shape.map((n, d) => low[d] + n + Math.max(0, n - 1) * interior[d] + high[d]);
    // What is put in is an element like others: a bool is 0 or 1.
    const element = casts[x.dtype](value);
    return this.push({ kind: "pad", low, high, interior, value: element }, [x], shape);
  }

  concat(values: readonly Value[], axis: number): Value {
    const total = values.reduce((sum, value) => sum + value.shape[axis], 0);
    const shape = values[0].shape.map((dim, d) => (d === axis ? total : dim));
    return this.push({ kind: "concat", axis }, values, shape);
  }

  /** Σ over the labels that `out` lacks. @example k.contract(a, [0, 2], b, [2, 1], [0, 1]) */
  contract(
    a: Value,
    aLabels: readonly number[],
    b: Value,
    bLabels: readonly number[],
    out: readonly number[],
  ): Value {
    const shape = out.map((label) =>
      aLabels.includes(label) ? a.shape[aLabels.indexOf(label)] : b.shape[bLabels.indexOf(label)],
    );
    return this.push({ kind: "contract", a: aLabels, b: bLabels, out }, [a, b], shape);
  }

  gather(x: Value, index: Value, axis: number): Value {
    return this.push({ kind: "gather", name: this.name, axis }, [x, index], index.shape);
  }

  scatterAdd(x: Value, index: Value, source: Value, axis: number): Value {
    const kernel: Kernel = { kind: "scatterAdd", name: this.name, axis };
    return this.push(kernel, [x, index, source], x.shape);
  }

  scatter(x: Value, index: Value, source: Value, axis: number): Value {
    return this.push({ kind: "scatter", name: this.name, axis }, [x, index, source], x.shape);
  }

  /** The index along an axis, as int32. */
  iota(shape: Shape, axis: number): Value {
    return this.push({ kind: "iota", axis }, [], shape, "int32");
  }

  random(state: Value, shape: Shape): Value {
    return this.push({ kind: "random" }, [state], shape, "int32");
  }

  assign(target: Value, value: Value): Value {
    return this.push({ kind: "assign" }, [target, value], target.shape);
  }

  host(values: readonly Value[], spec: Spec, run: HostKernel["run"]): Value {
    return this.push({ kind: "host", name: this.name, run }, values, spec.shape, spec.dtype);
  }

  /** Repeats a program: see RepeatKernel. Yields the last carries and the ys. */
  repeat(values: readonly Value[], kernel: Omit<RepeatKernel, "kind">): Value[] {
    const [{ shape, dtype }, ...rest] = kernel.outputs;
    const first = this.push({ kind: "repeat", ...kernel }, values, shape, dtype);
    const parts = rest.map((spec, i) =>
      this.push({ kind: "part", index: i + 1 }, [first], spec.shape, spec.dtype),
    );
    return [first, ...parts];
  }

  /** The steps of another program, on these values. */
  append(program: Program, values: readonly Value[]): Value[] {
    const all = [...values];
    for (const { kernel, inputs, spec } of program.steps) {
      all.push(
        this.push(
          kernel,
          inputs.map((id) => all[id]),
          spec.shape,
          spec.dtype,
        ),
      );
    }
    return program.outputs.map((id) => all[id]);
  }

  private push(
    kernel: Kernel,
    values: readonly Value[],
    shape: Shape,
    dtype: DType = values[0].dtype,
  ): Value {
    const id = this.inputs.length + this.steps.length;
    this.steps.push({ kernel, inputs: values.map((value) => value.id), spec: { shape, dtype } });
    return { id, shape, dtype };
  }
}
