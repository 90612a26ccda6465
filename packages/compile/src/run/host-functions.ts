// Functions of doubles that programs import and that every thread can call. A worker cannot be given
// a function, only text; so those of the scalar algebra that are not JavaScript's own stand here as
// text a second time. A test holds them against the originals.
import { primitives } from "@wengert/autograd/compiler";
import { now } from "./platform.ts";

/** The body of a function that returns them by name. What is not among them is looked for in Math. */
export const hostFunctionText = `
const pow = (x, y) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
const shiftRight = (a, b) => a >>> b;
const fmod = (a, b) => a % b;
const remainder = (a, b) => {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
};
const now = () => performance.timeOrigin + performance.now();
const floorDivide = (a, b) => {
  if (b === 0) return a / b;
  const r = remainder(a, b);
  const whole = Math.abs(r) === Infinity ? -1 : (a - r) / b;
  if (whole === 0) return 0 * (a / b);
  const up = Math.round(whole);
  return up - whole === 0.5 && up % 2 !== 0 ? up - 1 : up;
};
return { now, pow, floorDivide, shiftRight, fmod, remainder };
`;

/** The same on the owning thread. `now` is in milliseconds since 1970, since the clocks of threads
 *  begin when these do. */
export const hostFunction = (name: string): unknown =>
  name === "now"
    ? now
    : (primitives as Record<string, { float: unknown } | undefined>)[name]?.float;
