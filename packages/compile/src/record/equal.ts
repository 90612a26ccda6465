/** Whether two plain values are the same through and through. Functions are by identity, except where
 *  `run` is one: a host op's body may be a closure made anew at each call. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || Array.isArray(a)) return equalArrays(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    const [x, y] = [a, b].map((object) => (object as Record<string, unknown>)[key]);
    if (key === "run" && typeof x === "function" && typeof y === "function") return true;
    return deepEqual(x, y);
  });
}

function equalArrays(a: object, b: object): boolean {
  const [x, y] = [a, b] as ArrayLike<unknown>[];
  if (a.constructor !== b.constructor || x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (!deepEqual(x[i], y[i])) return false;
  return true;
}
