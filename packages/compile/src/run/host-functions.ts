// Functions of doubles that programs import and that every thread can call. A worker cannot be given
// a function, only text; so those of the scalar algebra that are not JavaScript's own stand here as
// text a second time. A test holds them against the originals.
import { primitives } from "@wengert/autograd/compiler";
import { now } from "./platform.ts";

/** The body of a function that returns them by name. What is not among them is looked for in Math. */
export const hostFunctionText = `
const pow = (x, y) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
const floorDivide = (a, b) => Math.floor(a / b);
const shiftRight = (a, b) => a >>> b;
const remainder = (a, b) => {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
};
// W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
const quotient = (top, bottom, x) => {
  let p = 0, q = 0;
  for (let i = 0; i < top.length; i++) {
    p = p * x + top[i];
    q = q * x + bottom[i];
  }
  return p / q;
};
const near = [
  [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302,
    3209.3775891384694],
  [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
];
const middle = [
  [2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163,
    298.6351381974001, 881.952221241769, 1712.0476126340707, 2051.0783778260716,
    1230.3393547979972],
  [1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903,
    3290.7992357334597, 4362.619090143247, 3439.3676741437216, 1230.3393548037495],
];
const far = [
  [0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926,
    0.016083785148742275, 0.0006587491615298378],
  [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132,
    0.0023352049762686918],
];
const tail = (y) => {
  if (y <= 4) return quotient(...middle, y);
  const z = 1 / (y * y);
  return (1 / Math.sqrt(Math.PI) - z * quotient(...far, z)) / y;
};
const erf = (x) => {
  const y = Math.abs(x);
  if (y <= 0.46875) return x * quotient(...near, x * x);
  if (y > 6) return Math.sign(x);
  const head = Math.trunc(y * 16) / 16;
  const power = Math.exp(-head * head) * Math.exp(-(y - head) * (y + head));
  return Math.sign(x) * (1 - power * tail(y));
};
const now = () => performance.timeOrigin + performance.now();
return { now, pow, floorDivide, shiftRight, remainder, erf };
`;

/** The same on the owning thread. `now` is in milliseconds since 1970, since the clocks of threads
 *  begin when these do. */
export const hostFunction = (name: string): unknown =>
  name === "now"
    ? now
    : (primitives as Record<string, { float: unknown } | undefined>)[name]?.float;
