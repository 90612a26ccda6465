// Where the buffers of a plan lie while its code is written: at the top at addresses that are known, in
// a loop's body at places of the surrounding plan, some of which move on with each turn.
import { dtypeInfo } from "@wengert/autograd/compiler";
import { isSymbolic } from "../size/scope.ts";
import type { Plan, TurnsGroup } from "../plan/group.ts";
import type { FunctionBuilder, Local } from "../wasm/function.ts";

/** Where things lie, in bytes from the start of the memory. */
export interface Addresses {
  readonly buffers: readonly number[];
  /** Where the program finds the addresses of those buffers that lie elsewhere at each call. */
  readonly pointers: ReadonlyMap<number, number>;
  readonly scratch: number;
  /** Words at which threads find the next part to do, a cache line apart: 0 before each run. */
  readonly counters: number;
  /** Where start and end of each group are noted for each thread (float64 milliseconds), or null. */
  readonly times: number | null;
  /** Memory for so many numbers that depend on a size which is not known yet. */
  readonly table?: (count: number) => number;
}

export interface Level {
  readonly plan: Plan;
  /** Pushes the address of a byte of a buffer. */
  push(f: FunctionBuilder, buffer: number, byte: number): void;
  /** The bytes that a buffer may lie in, in any turn. */
  span(buffer: number): { readonly start: number; readonly end: number };
}

const sizeInBytes = ({ buffers }: Plan, buffer: number): number =>
  buffers[buffer].size * dtypeInfo(buffers[buffer].dtype).bytes;

export const topLevel = (plan: Plan, { buffers, pointers }: Addresses): Level => ({
  plan,
  push: (f, buffer, byte) => {
    const pointer = pointers.get(buffer);
    if (pointer === undefined && isSymbolic(byte)) f.i32(buffers[buffer]).i32(byte).op("i32.add");
    else if (pointer === undefined) f.i32(buffers[buffer] + byte);
    else f.i32(pointer).memory("i32.load").i32(byte).op("i32.add");
  },
  span: (buffer) => ({ start: buffers[buffer], end: buffers[buffer] + sizeInBytes(plan, buffer) }),
});

/** Inside of a loop; `turn` is the number of the slice. */
export const insideOf = (outer: Level, { body, places }: TurnsGroup, turn: Local): Level => ({
  plan: body,
  push: (f, buffer, byte) => {
    const place = places[buffer];
    outer.push(f, place.buffer, place.byte + byte);
    if (place.step !== 0) f.get(turn).i32(place.step).op("i32.mul", "i32.add");
  },
  span: (buffer) => {
    const place = places[buffer];
    const whole = outer.span(place.buffer);
    if (place.step !== 0) return whole;
    const start = whole.start + place.byte;
    return { start, end: start + sizeInBytes(body, buffer) };
  },
});
