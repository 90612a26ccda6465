import type { Axes, Permute, Reduce, Squeeze, Transpose, Unsqueeze } from "../shapes/axes.ts";
import type {
  Broadcast,
  Broadcast3,
  Broadcast3Out,
  BroadcastOut,
  Expand,
} from "../shapes/broadcast.ts";
import type { Check, Dims, Out, ShapeOf } from "../shapes/dims.ts";
import type { Matmul } from "../shapes/matmul.ts";
import type { Reshape } from "../shapes/reshape.ts";
import { isFloat, type DType, type TypedArray } from "./dtype.ts";
import { DTypeError, GradientError, OptionError, ShapeError, TransformError } from "./errors.ts";
import type { TensorKind } from "./kind.ts";
import type { Layout } from "./layout.ts";
import type { PointwiseMethods } from "./methods-pointwise.ts";
import type { MoveMethods } from "./methods-move.ts";
import type { ReduceMethods } from "./methods-reduce.ts";
import { formatTensor } from "./print.ts";
import { showShape } from "./shape.ts";
import type { Storage } from "./storage.ts";
import { copyElements, nested, type NestedArray } from "./values.ts";
import { currentWatcher } from "./watch.ts";

/** What made a tensor, where a gradient may have to go through it. */
export interface Producer {
  /** Increases with every op call: inputs have smaller numbers than outputs. */
  readonly number: number;
}

/** A transform in progress (grad, jvp, vmap): the interpreter of the ops on its boxed tensors. */
export interface Trace {
  readonly name: string;
  /** Its place in the nesting of transforms, from 1; the innermost is the greatest. */
  readonly level: number;
  /** Whether the values of its tensors may be read while it runs. */
  readonly isReadable: boolean;
}

/** What a tensor inside of a transform stands for. */
export interface Box {
  readonly trace: Trace;
  /** The value one level further out; under vmap it has the mapped axis in front. */
  readonly value: Tensor;
  /** Its tangent, in forward mode. */
  readonly tangent: Tensor | null;
}

/**
 * An array of numbers with a shape and a dtype, on the tape where a gradient needs it. No op changes
 * its operands; only `copyFrom` (and what optimizers do) writes into a tensor that exists.
 *
 * `Tensor` alone takes any shape; `Tensor<[2, 3]>` is checked when the program is compiled. There
 * is nothing to dispose: the memory is garbage-collected with the tensor.
 *
 * @example
 * const w = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * sum(square(w)).backward();
 * w.grad?.toArray(); // [[2, 4], [6, 8]]
 */
export class Tensor<out S extends Dims = any> {
  /** What the elements are and how they lie in the storage. */
  readonly layout: Layout;
  /** The memory, shared with views; null inside of a transform. */
  readonly storage: Storage | null;
  /** Where the first element lies in the storage. */
  readonly offset: number;
  /** What it stands for inside of a transform; null for an ordinary tensor. */
  readonly box: Box | null;
  /** The tape's entry that made it, and as which of its outputs. */
  producer: Producer | null = null;
  outputIndex = 0;
  private needsGrad = false;
  private gradient: Tensor<S> | null = null;
  /** Only for the type checker: two tensors of different shapes are different types. */
  declare readonly shapeType?: S;

  constructor(layout: Layout, storage: Storage | null, offset: number, box: Box | null = null) {
    this.layout = layout;
    this.storage = storage;
    this.offset = offset;
    this.box = box;
  }

  get dtype(): DType {
    return this.layout.dtype;
  }

  /** The gradient that `backward` has accumulated; null before. */
  get grad(): Tensor<S> | null {
    currentWatcher()?.readsGrad(this);
    return this.gradient;
  }

  set grad(value: Tensor<S> | null) {
    currentWatcher()?.writesGrad(this);
    this.gradient = value;
  }

  /** Whether `backward` computes a gradient for it. May be set on tensors that no op has made.
   *  @throws DTypeError when set on integers; GradientError when taken from a computed tensor. */
  get requiresGrad(): boolean {
    return this.needsGrad;
  }

  set requiresGrad(needed: boolean) {
    if (needed && !isFloat(this.dtype)) {
      throw new DTypeError({
        where: "requiresGrad",
        expected: "a floating-point tensor",
        got: this.dtype,
        fix: 'Integers have no gradients: cast(x, "float32") makes a tensor that can have one.',
      });
    }
    if (!needed && this.producer !== null) {
      throw new GradientError({
        where: "requiresGrad",
        expected: "a tensor that was not computed on the tape",
        got: "the output of a recorded op",
        fix: "Use x.detach() for the same values off the tape.",
      });
    }
    this.needsGrad = needed;
  }

  /** Puts it on the tape as an output of an entry; for the tape alone. */
  recordProducer(producer: Producer, outputIndex: number): void {
    this.producer = producer;
    this.outputIndex = outputIndex;
    this.needsGrad = true;
  }

  get shape(): { readonly [I in keyof S]: S[I] } {
    return this.layout.shape as never;
  }

  /** The number of axes. */
  get rank(): number {
    return this.layout.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return this.layout.size;
  }

  /** A copy of the elements in row-major order. */
  get data(): TypedArray {
    const value = readable(this, "data");
    return copyElements(value.storage!.data, value.layout, value.offset);
  }

  /** The elements themselves, without a copy, where they lie in row-major order; else a copy.
   *  Do not write to it: a write does not raise the version that backward checks. */
  borrowData(): TypedArray {
    const value = readable(this, "borrowData");
    if (!value.layout.isContiguous) return value.data;
    return value.storage!.data.subarray(value.offset, value.offset + value.size);
  }

  /** The value of a tensor of one element (a boolean as 0 or 1). Throws ShapeError for more. */
  item(): number {
    const value = readable(this, "item");
    if (value.size !== 1) {
      throw new ShapeError({
        where: "item",
        expected: "a tensor of one element",
        got: `shape ${showShape(value.layout.shape)}`,
        fix: "Reduce it first (sum, mean), or use toArray().",
      });
    }
    return value.storage!.data[value.offset];
  }

  /** Nested arrays of numbers (booleans for dtype bool); a number for a 0-d tensor. */
  toArray(): NestedArray {
    const value = readable(this, "toArray");
    return nested(value.data, value.layout.shape, value.dtype);
  }

  /** What JSON.stringify writes: the nested arrays (NaN and infinities as null). */
  toJSON(): NestedArray {
    return this.toArray();
  }

  /** Like NumPy's: nested brackets, aligned columns, long axes abbreviated by "...". */
  toString(): string {
    if (this.box && !this.box.trace.isReadable) {
      return `tensor(inside ${this.box.trace.name}, shape=${showShape(this.layout.shape)})`;
    }
    const value = readable(this, "toString");
    const extra = this.requiresGrad ? ", requiresGrad=true" : "";
    return formatTensor(value.storage!.data, value.layout, value.offset, extra);
  }

  /** Node prints this in console.log. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Narrows the compile-time shape to one that is checked now.
   *  @example const batch = load().expect([64, 784]); // Tensor<[64, 784]> */
  expect<const N extends Dims>(shape: N): Tensor<Out<N>> {
    const fits =
      shape.length === this.rank && shape.every((dim, i) => dim === this.layout.shape[i]);
    if (fits) return this as never;
    throw new ShapeError({
      where: "expect",
      expected: `shape ${showShape(shape)}`,
      got: showShape(this.layout.shape),
      fix: "Pass the shape that the tensor has, or reshape it.",
    });
  }

  /** Lets go of the memory now, that of all views included, instead of leaving it to the garbage
   *  collector. Rarely worth it: for large results of compiled functions in a loop.
   *  @example using y = step(x); // disposed of at the end of the block */
  [Symbol.dispose](): void {
    this.storage?.dispose();
  }

  /** A tensor is no number: this turns `a + b` into an error instead of NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new OptionError({
      where: "a JavaScript operator",
      expected: "numbers",
      got: "a tensor",
      fix: "Write add(a, b), sub(a, b), mul(a, b), … or x.item() for a number.",
    });
  }
}

/** The tensor's values, seen through the transforms that allow it. */
export function readable(tensor: Tensor, where: string): Tensor {
  let value = tensor;
  while (value.box) {
    if (!value.box.trace.isReadable) {
      throw new TransformError({
        where,
        expected: "a tensor whose values can be read",
        got: `one inside of ${value.box.trace.name}, which stands for many values`,
        fix: "Return it from the function and read it outside, or use where() instead of if.",
      });
    }
    value = value.box.value;
  }
  currentWatcher()?.readsValues(value.storage!, where);
  return value;
}

type Operand<A, B, Op extends string> = Check<Broadcast<ShapeOf<A>, ShapeOf<B>, Op>, B>;

/** Of two operands that broadcast, the second of which may be a number. */
type BinaryMethod<Op extends string> = <A extends Tensor, B extends Tensor | number>(
  this: A,
  b: Operand<A, B, Op>,
) => Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;

interface ReduceOptions<R, X, K> {
  readonly axis?: Check<R, X>;
  readonly keepDims?: K;
}

/** The class of tensors as the files of its methods want it. */
export interface TensorsByShape extends TensorKind {
  readonly tensor: Tensor<this["shape"] extends Dims ? this["shape"] : any>;
}

/** The fluent forms of the common ops; ops/fluent.ts attaches them. `this: A` with the shape ShapeOf<A>
 *  instead of `this` with S keeps `out S` true and lets `Tensor<[2]> | Tensor<[3]>` have them. */
export interface Tensor<out S extends Dims = any>
  extends PointwiseMethods<Tensor<S>>, ReduceMethods<TensorsByShape>, MoveMethods<TensorsByShape> {
  add<A extends Tensor, B extends Tensor | number>(
    this: A,
    b: Operand<A, B, "add">,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  sub<A extends Tensor, B extends Tensor | number>(
    this: A,
    b: Operand<A, B, "sub">,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  mul<A extends Tensor, B extends Tensor | number>(
    this: A,
    b: Operand<A, B, "mul">,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  div<A extends Tensor, B extends Tensor | number>(
    this: A,
    b: Operand<A, B, "div">,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  pow<A extends Tensor, B extends Tensor | number>(
    this: A,
    b: Operand<A, B, "pow">,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  readonly maximum: BinaryMethod<"maximum">;
  readonly minimum: BinaryMethod<"minimum">;
  readonly remainder: BinaryMethod<"remainder">;
  readonly fmod: BinaryMethod<"fmod">;
  readonly atan2: BinaryMethod<"atan2">;
  readonly hypot: BinaryMethod<"hypot">;
  /** From this tensor to b, as the weight goes from 0 to 1. */
  lerp<A extends Tensor, B extends Tensor | number, W extends Tensor | number>(
    this: A,
    b: Operand<A, B, "lerp">,
    weight: Check<Broadcast3<ShapeOf<A>, ShapeOf<B>, ShapeOf<W>, "lerp">, W>,
  ): Tensor<Broadcast3Out<ShapeOf<A>, ShapeOf<B>, ShapeOf<W>>>;
  sum<A extends Tensor, const X extends Axes = undefined, const K extends boolean = false>(
    this: A,
    options?: ReduceOptions<Reduce<ShapeOf<A>, X, K, "sum">, X, K>,
  ): Tensor<Out<Reduce<ShapeOf<A>, X, K, "sum">>>;
  mean<A extends Tensor, const X extends Axes = undefined, const K extends boolean = false>(
    this: A,
    options?: ReduceOptions<Reduce<ShapeOf<A>, X, K, "mean">, X, K>,
  ): Tensor<Out<Reduce<ShapeOf<A>, X, K, "mean">>>;
  max<A extends Tensor, const X extends Axes = undefined, const K extends boolean = false>(
    this: A,
    options?: ReduceOptions<Reduce<ShapeOf<A>, X, K, "max">, X, K>,
  ): Tensor<Out<Reduce<ShapeOf<A>, X, K, "max">>>;
  min<A extends Tensor, const X extends Axes = undefined, const K extends boolean = false>(
    this: A,
    options?: ReduceOptions<Reduce<ShapeOf<A>, X, K, "min">, X, K>,
  ): Tensor<Out<Reduce<ShapeOf<A>, X, K, "min">>>;
  matmul<A extends Tensor, B extends Tensor>(
    this: A,
    b: Check<Matmul<ShapeOf<A>, ShapeOf<B>>, B>,
  ): Tensor<Out<Matmul<ShapeOf<A>, ShapeOf<B>>>>;
  reshape<A extends Tensor, const N extends Dims>(
    this: A,
    shape: Check<Reshape<ShapeOf<A>, N>, N>,
  ): Tensor<Out<Reshape<ShapeOf<A>, N>>>;
  permute<A extends Tensor, const P extends Dims>(
    this: A,
    axes: Check<Permute<ShapeOf<A>, P>, P>,
  ): Tensor<Out<Permute<ShapeOf<A>, P>>>;
  transpose<A extends Tensor, X extends number = -2, Y extends number = -1>(
    this: Check<Transpose<ShapeOf<A>, X, Y>, A>,
    axis0?: X,
    axis1?: Y,
  ): Tensor<Out<Transpose<ShapeOf<A>, X, Y>>>;
  expand<A extends Tensor, const N extends Dims>(
    this: A,
    shape: Check<Expand<ShapeOf<A>, N>, N>,
  ): Tensor<Out<Expand<ShapeOf<A>, N>>>;
  squeeze<A extends Tensor, const X extends Axes = undefined>(
    this: A,
    options?: { axis?: Check<Squeeze<ShapeOf<A>, X>, X> },
  ): Tensor<Out<Squeeze<ShapeOf<A>, X>>>;
  unsqueeze<A extends Tensor, X extends number>(
    this: A,
    axis: Check<Unsqueeze<ShapeOf<A>, X>, X>,
  ): Tensor<Out<Unsqueeze<ShapeOf<A>, X>>>;
  cast(dtype: DType): Tensor<S>;
  /** The same values, off the tape: gradients stop here. */
  detach(): Tensor<S>;
  /** A copy with storage of its own, on the tape. */
  clone(): Tensor<S>;
  /** Writes the values of another tensor of the same shape and dtype into this one's storage. */
  copyFrom(source: Tensor): void;
  /** Calls the hook with this tensor's gradient in each backward that reaches it; what it returns takes
   *  the gradient's place. Returns the function that ends it. Compiled functions have the hooks that were
   *  there when they were recorded.
   *  @throws GradientError for a tensor that no gradient flows to.
   *  @example const stop = hidden.registerHook((g) => clamp(g, { min: -1, max: 1 })); */
  registerHook(hook: GradientHook<S>): () => void;
  /** Computes the gradients of this scalar; see `backward`. */
  backward(options?: BackwardOptions): void;
}

/** Sees a gradient, and may return another one in its place. */
export type GradientHook<S extends Dims = any> = {
  hook(gradient: Tensor<S>): Tensor | void;
}["hook"];

export interface BackwardOptions {
  /** What the gradient is weighted with: a tensor of this one's shape. Default: 1 for a scalar. */
  readonly cotangent?: Tensor;
  /** Keeps the tape for another backward. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Records the backward pass itself, so that gradients can be differentiated. Default: false. */
  readonly createGraph?: boolean;
}
