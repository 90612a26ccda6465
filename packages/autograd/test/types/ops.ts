/** Declarations of some ops and layers with the types that the real ones have. */

import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Check, Dim, Dims } from "../../src/shapes/dims.ts";
import type {
  Apply,
  FlatFn,
  FN,
  ForwardOut,
  LinearFn,
  SeqArgs,
  SeqFn,
  ShapeFn,
} from "../../src/shapes/layers.ts";
import type * as sig from "../../src/tensor/signatures.ts";

export declare const zeros: sig.CreateFn;
export declare const full: sig.FullFn;
export declare const tensor: sig.TensorFn;
export declare const relu: sig.UnaryFn;
export declare const exp: sig.UnaryFn;
export declare const add: sig.BinaryFn<"add">;
export declare const mul: sig.BinaryFn<"mul">;
export declare const greater: sig.BinaryFn<"greater">;
export declare const where: sig.WhereFn;
export declare const matmul: sig.MatmulFn;
export declare const sum: sig.ReduceFn<"sum">;
export declare const mean: sig.ReduceFn<"mean">;
export declare const argmax: sig.ArgReduceFn<"argmax">;
export declare const softmax: sig.AlongAxisFn<"softmax">;
export declare const cumsum: sig.AlongAxisFn<"cumsum">;
export declare const reshape: sig.ReshapeFn;
export declare const flatten: sig.FlattenFn;
export declare const permute: sig.PermuteFn;
export declare const transpose: sig.TransposeFn;
export declare const expand: sig.ExpandFn;
export declare const squeeze: sig.SqueezeFn;
export declare const unsqueeze: sig.UnsqueezeFn;
export declare const concat: sig.ConcatFn;
export declare const stack: sig.StackFn;
export declare const gather: sig.GatherFn;
export declare const oneHot: sig.OneHotFn;
export declare const crossEntropy: sig.CrossEntropyFn;
export declare const mse: sig.PairLossFn<"mse">;

export declare function dim<const N extends string>(name: N, size: number): Dim<N>;

export declare abstract class Module<F extends ShapeFn = ShapeFn> {
  readonly [FN]?: F;
  forward<S extends Dims>(x: Check<Apply<F, S>, Tensor<S>>): Tensor<ForwardOut<F, S>>;
}

export declare class Linear<const I extends number, const O extends number> extends Module<
  LinearFn<I, O>
> {
  readonly weight: Tensor<[O, I]>;
  readonly bias: Tensor<[O]>;
  constructor(inFeatures: I, outFeatures: O);
}

export declare class Flatten extends Module<FlatFn> {}

type Layer = Module<any> | ((x: Tensor) => Tensor);

export declare class Sequential<const L extends readonly Layer[]> extends Module<SeqFn<L>> {
  constructor(...layers: SeqArgs<L>);
}

/** `is<T>()(x)` compiles only if x has exactly the type T. */
export declare function is<T>(): <U>(x: Identical<T, U> extends true ? U : never) => void;

type Identical<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
