/**
 * Compile-time shapes: the vocabulary.
 *
 * A shape function (Matmul, Broadcast, Reshape, ...) maps shapes to one of three results:
 *
 *   a tuple          the shape is known:             [64, 10]
 *   `number[]`       the shape is not known:         Dyn
 *   a string         the call is wrong; the string *is* the error message the user reads
 *
 * A parameter is declared `Check<R, Tensor<B>>` and a result `Tensor<Out<R>>`, with R the shape
 * function's result. Typing is gradual: a bare `Tensor` is `Tensor<any>`, and whatever touches it
 * is accepted and unknown.
 */

/** A shape as a type: `[64, 10]`, `readonly [64, 10]`, or `number[]` where nothing is known. */
export type Dims = readonly number[];

/** The shape about which nothing is known, as shape functions return it. */
export type Dyn = number[];

declare const NAME: unique symbol;

/** A symbolic dimension: a size known only at run time, but the same wherever its name stands. */
export type Dim<N extends string> = number & { readonly [NAME]: N };

/**
 * Compare types inside a box: `Box<X> extends Box<Y>`.
 *
 * Both `X extends Y` and `[X] extends [Y]` wait until every type parameter in X is known. The boxed
 * form is decided at once where the answer is the same for every instantiation, so that checks work
 * inside generic functions, where a shape such as `[N, 784]` is only partly known.
 */
export interface Box<T> {
  value: T;
}

/** Is S `any`? Only `any` fits both a tuple of numbers and a string. */
export type IsAny<S> = Box<S> extends Box<"any"> ? true : false;

/** Are A and B the same type? Decided at once where both are one and the same type parameter. */
export type Ident<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/**
 * Are A and B the same type, with the type parameters of S taken for what they are: neither 784 nor
 * -1 nor `number`, although a caller could choose that? Decided as soon as S is a tuple, whose
 * entries may be type parameters; until then the spread keeps the question open.
 */
export type IdentWithin<S extends Dims, A, B> = [...S, <T>() => T extends [A] ? 1 : 2] extends [
  ...S,
  <T>() => T extends [B] ? 1 : 2,
]
  ? true
  : false;

/** Is R a message? Decided at once even where type parameters are printed in it. */
export type IsMessage<R> = Box<R> extends Box<string> ? true : false;

export type IsUnion<T, Whole = T> = T extends unknown
  ? [Whole] extends [T]
    ? false
    : true
  : never;

/** Is the rank unknown? True for `number[]` and for `[...number[], 10]`. */
export type IsOpen<S extends Dims> = number extends S["length"] ? true : false;

/** Neither the rank nor any dimension is known. */
export type IsUnknown<S extends Dims> = IsAny<S> extends true ? true : IsOpen<S>;

/** Is D a size written as a number, such as 784; not `number`, not symbolic, not negative? */
export type IsLiteral<D> =
  Ident<D, number> extends true
    ? false
    : Box<D> extends Box<{ readonly [NAME]: string }>
      ? false
      : `${D & number}` extends `-${string}`
        ? false
        : `${D & number}` extends `${bigint}`
          ? true
          : false;

/**
 * Could two dimensions be equal at run time? `number` equals anything; of literals and symbols,
 * each only itself, so that a symbol is not mistaken for a number that it happens to have.
 */
export type MayEqual<X, Y> = Box<X> extends Box<Y> ? true : Box<Y> extends Box<X> ? true : false;

/** Of two dimensions that are equal at run time, the one about which more is known. */
export type MoreSpecific<X extends number, Y extends number> = Box<X> extends Box<Y> ? X : Y;

/** `MayEqual` for whole shapes; shapes of unknown rank equal anything. */
export type MayEqualDims<A extends Dims, B extends Dims> =
  Ident<A, B> extends true
    ? true
    : true extends IsUnknown<A> | IsUnknown<B>
      ? true
      : AxesMayEqual<A, B>;

export type AxesMayEqual<A extends Dims, B extends Dims> = A extends readonly [
  infer X,
  ...infer RestA extends Dims,
]
  ? B extends readonly [infer Y, ...infer RestB extends Dims]
    ? MayEqual<X, Y> extends true
      ? AxesMayEqual<RestA, RestB>
      : false
    : false
  : B extends readonly []
    ? true
    : false;

/** A dimension as messages print it: `784`, `batch` or `?`. */
export type ShowDim<D> = [D] extends [{ readonly [NAME]: infer N extends string }]
  ? N
  : [number] extends [D]
    ? "?"
    : D extends number
      ? `${D}`
      : "?";

export type JoinDims<S, Text extends string = ""> = S extends readonly [infer Head, ...infer Rest]
  ? JoinDims<Rest, Text extends "" ? ShowDim<Head> : `${Text}, ${ShowDim<Head>}`>
  : S extends readonly []
    ? Text
    : S extends readonly [...Dims, infer Last]
      ? `..., ${ShowDim<Last>}`
      : "...";

/** A shape as messages print it: `[batch, 28, ?]`. */
export type Show<S> = `[${JoinDims<S>}]`;

/** What carries a shape; every Tensor does. */
export interface Shaped<S> {
  readonly shapeType?: S;
}

/**
 * The shape of a tensor, or of a number: []. A union such as `Tensor<[2]> | Tensor<[3]>` has no one
 * shape: unknown. What finds it out is whether every member has the shape of each: unlike IsUnion<S>
 * that is decided at once for a `Tensor<S>` in generic code.
 */
export type ShapeOf<T> = IsAny<T> extends true ? any : ShapeWithin<T, T>;

export type ShapeWithin<T, Whole> =
  T extends Shaped<infer S extends Dims>
    ? [Whole] extends [Shaped<S>]
      ? S
      : any
    : [Whole] extends [number]
      ? []
      : any;

/**
 * The type of a parameter: the message if R is one, else T.
 *
 * The tuple form `[R] extends [string]` is deliberate here, and only here: in a generic function it
 * stays undecided, and an undecided Check accepts its argument. `NoInfer` keeps the message out of
 * the inference of T.
 */
export type Check<R, T> = [R] extends [string] ? NoInfer<R> : T;

/**
 * The shape of a result. An unknown rank becomes `any`, which never stands in the way; so does a
 * failed check, so that one mistake gives one error and not a trail of them.
 */
export type Out<R> = R extends readonly [...infer S extends Dims]
  ? number extends S["length"]
    ? any
    : S
  : any;
