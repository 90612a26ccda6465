/** The pointwise functions of one argument that are methods, too; T is the tensor's own type: the shape stays.
 *  Those that few programs use (lgamma, erfinv, …) are functions alone, so that bundles can do without. */
export interface PointwiseMethods<T> {
  neg(): T;
  abs(): T;
  sign(): T;
  square(): T;
  sqrt(): T;
  rsqrt(): T;
  reciprocal(): T;
  exp(): T;
  exp2(): T;
  expm1(): T;
  log(): T;
  log2(): T;
  log10(): T;
  log1p(): T;
  sin(): T;
  cos(): T;
  tan(): T;
  asin(): T;
  acos(): T;
  atan(): T;
  sinh(): T;
  cosh(): T;
  tanh(): T;
  sigmoid(): T;
  relu(): T;
  floor(): T;
  ceil(): T;
  /** From the middle between two integers to the even one. */
  round(): T;
  trunc(): T;
  isNaN(): T;
  isInf(): T;
  isFinite(): T;
}
