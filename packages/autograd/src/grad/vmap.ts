// Vectorisation: a function of single examples becomes one of batches.
import type { Attrs } from "../op/attrs.ts";
import { withTrace } from "../op/entry.ts";
import { notBatchable, type Op } from "../op/op.ts";
import { expand, permute } from "../ops/move.ts";
import type { Spec } from "../kernel/kernel.ts";
import { describe } from "../tensor/dtype.ts";
import { OpDefinitionError, OptionError, ShapeError, TransformError } from "../tensor/errors.ts";
import { contiguousLayout } from "../tensor/layout.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { brief, counted } from "../tensor/words.ts";
import { BaseTrace, checkFunction, checkSynchronous } from "./trace.ts";
import { flatten, leavesOf } from "./tree.ts";

/** Its tensors stand for one example each; their values have all examples along axis 0. */
class BatchTrace extends BaseTrace {
  readonly name = "vmap";
  override readonly isReadable = false;
  size = 0;

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    // The op's rule sees single examples: it refuses what it would refuse in a loop.
    const layouts = inputs.map((tensor) => tensor.layout);
    const examples = op.compute === null ? op.shape(layouts, attrs) : null;
    if (op.batch === notBatchable) throw cannotBatch(op);
    const batched = inputs.map((tensor) => this.owns(tensor));
    const values = inputs.map((tensor) => this.unbox(tensor));
    const results = op.batch({ op, inputs: values, batched, size: this.size, attrs });
    if (examples !== null) this.checkResults(op, results, examples);
    return results.map((y) => this.example(y));
  }

  /** A rule gives all outputs, each with the batch in front of what the op's shape rule says. */
  private checkResults(op: Op, results: readonly unknown[], examples: readonly Spec[]): void {
    const shapes = examples.map(({ shape }) => [this.size, ...shape]);
    const fits =
      results.length === examples.length &&
      results.every(
        (y, i) =>
          y instanceof Tensor && y.dtype === examples[i].dtype && sameShape(y.shape, shapes[i]),
      );
    if (fits) return;
    const show = (dtype: string, shape: readonly number[]) => `${dtype} ${showShape(shape)}`;
    throw new OpDefinitionError({
      where: `batch of ${op.name}`,
      expected: `a rule that returns ${examples.map(({ dtype }, i) => show(dtype, shapes[i])).join(" and ")}`,
      got:
        results
          .map((y) => (y instanceof Tensor ? show(y.dtype, y.shape) : describe(y)))
          .join(" and ") || "nothing",
      fix: "Mend the op's batch: all outputs, each with the batch in front.",
    });
  }

  example(value: Tensor): Tensor {
    const { dtype, shape } = value.layout;
    return this.box(value, contiguousLayout(dtype, shape.slice(1)));
  }

  /** A result with the batch where it should be. */
  collect(y: Tensor, axis: number | null): Tensor {
    if (axis !== null) {
      const value = this.owns(y) ? y.box!.value : expand(y, [this.size, ...y.shape]);
      return moveAxis(value, 0, axis);
    }
    if (!this.owns(y)) return y;
    throw new TransformError({
      where: "vmap",
      expected: "results that are the same for all examples, where outAxes is null",
      got: `one of shape ${showShape(y.layout.shape)} that depends on the batch`,
      fix: "Give it an axis, or reduce over the batch outside.",
    });
  }
}

const cannotBatch = ({ name }: Op) =>
  new TransformError({
    where: name,
    expected: "tensors outside of vmap: it writes into one of them",
    got: "a batch of them",
    fix: "Return values from the function, or pass them in, and call it outside.",
  });

/** A batch axis for all tensors of a tree (null: they have none), or a tree of axes that begins like
 *  it: `{ w: null, x: 0 }` for an argument `{ w, x }`. */
export type BatchAxes =
  number | null | readonly BatchAxes[] | { readonly [key: string]: BatchAxes };

export interface VmapOptions {
  /** The batch axis of each argument, or one for all of them. Default: 0. */
  readonly inAxes?: number | null | readonly BatchAxes[];
  /** Where the batch axis goes in the results. A result that is the same for all examples may go
   *  without one: null. Default: 0. */
  readonly outAxes?: BatchAxes;
}

/** A tree's type with tensors of other shapes: those of batches. */
export type Batched<T> = T extends Tensor
  ? Tensor
  : T extends object
    ? { [K in keyof T]: Batched<T[K]> }
    : T;

/**
 * The function that applies f to each example of a batch, all at once. Random numbers drawn inside
 * of it (uniform, normal) are the same for every example: draw a batch outside, and pass it in.
 * @throws ShapeError when the arguments' batch axes differ in size, or there are none; OptionError for
 *   axes that do not fit the arguments; TransformError for outAxes null where results differ.
 * @example
 * const perSample = vmap(grad(loss), { inAxes: [null, 0, 0] })(w, xs, ys);
 */
export function vmap<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: VmapOptions = {},
): (...args: Batched<A>) => Batched<R> {
  checkFunction("vmap", f, "vmap((x) => sum(x))(xs)");
  checkOptions("vmap", options, ["inAxes", "outAxes"]);
  const { inAxes = 0, outAxes = 0 } = options;
  return (...args: readonly unknown[]) => {
    const axes = typeof inAxes === "object" && inAxes !== null ? inAxes : args.map(() => inAxes);
    if (axes.length !== args.length) {
      throw new OptionError({
        where: "vmap",
        expected: `inAxes of ${counted(args.length, "entry", "entries")}, one for each argument`,
        got: String(axes.length),
        fix: "Write null for arguments without a batch axis.",
      });
    }
    const trees = args.map((arg) => flatten(arg, "vmap"));
    const axesOf = args.map((arg, i) => spread("inAxes", axes[i], arg, `[${i}]`));
    return withTrace(
      (level) => new BatchTrace(level),
      (trace) => {
        trace.size = batchSize(trees.flatMap(({ leaves }, i) => sizes(leaves, axesOf[i])));
        const boxed = trees.map(({ leaves, build }, i) =>
          build(
            leaves.map((x, j) => {
              const axis = axesOf[i][j];
              return axis === null ? x : trace.example(moveAxis(x, axis, 0));
            }),
          ),
        );
        const result = checkSynchronous("vmap", f(...(boxed as unknown as A)));
        const { leaves, build } = flatten(result, "vmap");
        const outs = spread("outAxes", outAxes, result, "");
        return build(leaves.map((y, i) => trace.collect(y, outs[i]))) as Batched<R>;
      },
    );
  };
}

/** The engine's own form of vmap: of lists, with the batch in front of those that have one, and of all
 *  results. */
export function batchOf(
  f: (inputs: Tensor[]) => readonly (Tensor | null)[],
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
): (Tensor | null)[] {
  return withTrace(
    (level) => new BatchTrace(level),
    (trace) => {
      trace.size = size;
      const outputs = f(inputs.map((x, i) => (batched[i] ? trace.example(x) : x)));
      return outputs.map((y) => y && trace.collect(y, 0));
    },
  );
}

/** The axis of each leaf of a tree. */
function spread(option: string, axes: BatchAxes, tree: unknown, path: string): (number | null)[] {
  const list: (number | null)[] = [];
  const walk = (axes: BatchAxes, node: unknown, path: string): void => {
    // What is no axis at all, whoever takes it for one complains about.
    if (axes === null || typeof axes !== "object") {
      if (node instanceof Tensor) list.push(axes);
      else leavesOf(node, "vmap").forEach(() => list.push(axes));
      return;
    }
    const isNode = typeof node === "object" && node !== null && !(node instanceof Tensor);
    const keys = isNode ? Object.keys(node) : [];
    if (!isNode || Object.keys(axes).join() !== keys.join()) {
      throw new OptionError({
        where: "vmap",
        expected: `${option}${path} to be an integer, null, or a tree that begins like ${
          isNode ? `one of ${keys.join(", ") || "nothing"}` : "a tensor"
        }`,
        got: brief(axes),
        fix: "Write one axis for a whole tree, or one for each of its parts.",
      });
    }
    for (const key of keys) {
      walk(
        (axes as Record<string, BatchAxes>)[key],
        (node as Record<string, unknown>)[key],
        Array.isArray(node) ? `${path}[${key}]` : `${path}.${key}`,
      );
    }
  };
  walk(axes, tree, path);
  return list;
}

const sizes = (leaves: readonly Tensor[], axes: readonly (number | null)[]): number[] =>
  leaves.flatMap((x, i) => {
    const axis = axes[i];
    return axis === null ? [] : [x.shape[normalizeAxis("vmap", axis, x.rank)] as number];
  });

function batchSize(sizes: readonly number[]): number {
  if (sizes.length > 0 && sizes.every((size) => size === sizes[0])) return sizes[0];
  throw new ShapeError({
    where: "vmap",
    expected: "batch axes of one size",
    got: sizes.length === 0 ? "no batch axis at all" : `sizes ${sizes.join(", ")}`,
    fix: "Name the batch axis of each argument by inAxes, null for none.",
  });
}

function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const source = normalizeAxis("vmap", from, x.rank);
  const target = normalizeAxis("vmap", to, x.rank);
  if (source === target) return x;
  const rest = Array.from({ length: x.rank }, (_, i) => i).filter((i) => i !== source);
  return permute(x, rest.toSpliced(target, 0, source));
}
