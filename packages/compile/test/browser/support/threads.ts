// Programs that say which threads have run them.
import { expect } from "vitest";
import { ready, setThreads } from "@wengert/compile";
import { heap } from "../../../src/run/heap.ts";
import { threadPool } from "../../../src/run/pool.ts";
import { int32, loadProgram, marks } from "../../run.support.ts";

const address = heap().allocate(64, "tests").address;

/** What the threads have written. */
export const cells = int32(address, 4);

/** No thread goes on before `cells[0]` is set. */
export const holding = () =>
  loadProgram(({ f }) => {
    f.loop((again) => {
      f.i32(address).memory("i32.atomic.load").op("i32.eqz").brIf(again);
    });
  });

export async function withThreads(count: number) {
  setThreads(count);
  const program = marks(address);
  await ready();
  return { pool: threadPool(), program };
}

/** What the threads of a run have marked. */
export async function threadsOf(run: () => number | Promise<number>): Promise<number[]> {
  cells.fill(0);
  expect(await run()).toBe(0);
  return [...cells];
}

/** After a test: as many as come to a barrier leave it. */
export function expectFreeBarrier(): void {
  const { words, control } = heap();
  words.setPatience(20_000);
  expect(words.get(control.arrived)).toBe(0);
}
