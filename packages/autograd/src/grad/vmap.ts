// Vectorisation: a function of single examples becomes one of batches.
import type { Attrs } from "../op/attrs.ts";
import { withTrace } from "../op/entry.ts";
import { notBatchable, type Op } from "../op/op.ts";
import { expand, permute } from "../ops/move.ts";
import { OptionError, ShapeError, TransformError } from "../tensor/errors.ts";
import { contiguousLayout } from "../tensor/layout.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { counted } from "../tensor/words.ts";
import { BaseTrace, checkFunction, checkSynchronous } from "./trace.ts";
import { leavesOf, mapTree } from "./tree.ts";

/** Its tensors stand for one example each; their values have all examples along axis 0. */
class BatchTrace extends BaseTrace {
  readonly name = "vmap";
  override readonly isReadable = false;
  size = 0;

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    // The op's rule sees single examples: it refuses what it would refuse in a loop.
    op.shape(
      inputs.map((tensor) => tensor.layout),
      attrs,
    );
    if (op.batch === notBatchable) throw cannotBatch(op);
    const batched = inputs.map((tensor) => this.owns(tensor));
    const values = inputs.map((tensor) => this.unbox(tensor));
    const results = op.batch({ op, inputs: values, batched, size: this.size, attrs });
    return results.map((y) => this.example(y));
  }

  example(value: Tensor): Tensor {
    const { dtype, shape } = value.layout;
    return this.box(value, contiguousLayout(dtype, shape.slice(1)));
  }
}

const cannotBatch = ({ name }: Op) =>
  new TransformError({
    where: name,
    expected: "tensors outside of vmap: it writes into one of them",
    got: "a batch of them",
    fix: "Return values from the function, or pass them in, and call it outside.",
  });

export interface VmapOptions {
  /** The batch axis of each argument (null: the same for all examples), or one for all of them.
   *  Default: 0. */
  readonly inAxes?: number | null | readonly (number | null)[];
  /** Where the batch axis goes in the results. Default: 0. */
  readonly outAxes?: number;
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
 * @throws ShapeError when the arguments' batch axes differ in size, or there are none.
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
    return withTrace(
      (level) => new BatchTrace(level),
      (trace) => {
        trace.size = batchSize(args, axes);
        const boxed = args.map((arg, i) => {
          const axis = axes[i];
          if (axis === null) return arg;
          return mapTree(arg, (x) => trace.example(moveAxis(x, axis, 0)), "vmap");
        });
        const result = checkSynchronous("vmap", f(...(boxed as unknown as A)));
        const collect = (y: Tensor) => {
          const value = trace.owns(y) ? y.box!.value : expand(y, [trace.size, ...y.shape]);
          return moveAxis(value, 0, outAxes);
        };
        return mapTree(result, collect, "vmap") as Batched<R>;
      },
    );
  };
}

function batchSize(args: readonly unknown[], axes: readonly (number | null)[]): number {
  const sizes = args.flatMap((arg, i) => {
    const axis = axes[i];
    if (axis === null) return [];
    return leavesOf(arg, "vmap").map((x) => x.shape[normalizeAxis("vmap", axis, x.rank)] as number);
  });
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
