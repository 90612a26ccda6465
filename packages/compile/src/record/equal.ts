/** Whether two plain values are the same through and through. Functions are by identity, except where
 *  `run` is one: a host op's body may be a closure made anew at each call. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || Array.isArray(a)) return equalArrays(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    const x = (a as Record<string, unknown>)[key];
    const y = (b as Record<string, unknown>)[key];
    const isBody = key === "run" && typeof x === "function" && typeof y === "function";
    if (!isBody && !deepEqual(x, y)) return false;
  }
  return true;
}

function equalArrays(a: object, b: object): boolean {
  const x = a as ArrayLike<unknown>;
  const y = b as ArrayLike<unknown>;
  if (a.constructor !== b.constructor || x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (!deepEqual(x[i], y[i])) return false;
  return true;
}
