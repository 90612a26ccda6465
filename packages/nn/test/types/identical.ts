/** `is<T>()(x)` compiles only if x has exactly the type T. */
export const is =
  <T>() =>
  <U>(_: Identical<T, U> extends true ? U : never): void => {};

type Identical<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
