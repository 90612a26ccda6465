// Tensors without values: what a function computes with while it is recorded.
import { Tensor, TransformError, type TypedArray } from "@wengert/autograd";
import { Storage, type Layout } from "@wengert/autograd/compiler";

/** Storage whose elements will exist when the program runs. */
export class AbstractStorage extends Storage {
  constructor() {
    super(nothing);
    Object.defineProperty(this, "data", { get: refuse });
  }
}

const nothing: TypedArray = new Uint8Array(0);

function refuse(): never {
  throw unreadable("reading a value");
}

/** What to say to code that wants to look at a value while it is recorded. */
export const unreadable = (where: string): TransformError =>
  new TransformError({
    where,
    expected: "a value that exists while compile records the function",
    got: "a tensor that has a shape, but no elements before the program runs",
    fix: "Return it from the compiled function and read it outside, or use where() instead of if.",
  });

export const abstractTensor = (layout: Layout): Tensor =>
  new Tensor(layout, new AbstractStorage(), 0);
