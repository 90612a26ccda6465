// How a training step of an MLP grows when one of its sizes does.

import type { Budget } from "../measure.ts";
import { runOurs } from "../run-ours.ts";
import type { MlpOptions } from "../workloads/mlp.ts";

export interface Size {
  readonly batch: number;
  readonly width: number;
  /** The number of hidden layers. */
  readonly depth: number;
}

export const BASE: Size = { batch: 64, width: 256, depth: 2 };

const powersOf2 = (from: number, to: number): number[] =>
  from > to ? [] : [from, ...powersOf2(2 * from, to)];

export const SWEEPS: Readonly<Record<keyof Size, readonly number[]>> = {
  batch: powersOf2(1, 1024),
  width: powersOf2(32, 1024),
  depth: [1, 2, 3, 4, 5, 6, 7, 8],
};

/** Threads of the compiled step; 0: the eager one. */
export const THREADS = [0, 1, 2] as const;

export interface Point {
  /** What is changed: batch, width or depth. */
  readonly value: number;
  readonly threads: number;
  readonly ms: number;
}

export type Sweep = Readonly<Record<keyof Size, readonly Point[]>>;

export function mlpOf({ batch, width, depth }: Size): MlpOptions {
  const hidden = Array.from({ length: depth }, () => width);
  return { batch, sizes: [784, ...hidden, 10], optimizer: "SGD" };
}

/** The points of all sweeps. A step that fails has none, and `tell` says why. */
export async function measureSweeps(
  isWide: boolean,
  budget: Budget,
  tell: (progress: string) => void,
): Promise<Sweep> {
  const measure = async (axis: keyof Size): Promise<Point[]> => {
    const points: Point[] = [];
    for (const value of SWEEPS[axis]) {
      for (const threads of THREADS) {
        const what = `${axis} ${value}, ${threads === 0 ? "eager" : `compiled ×${threads}`}`;
        tell(`${what}…`);
        const workload = mlpOf({ ...BASE, [axis]: value });
        const outcome = await runOurs({ workload, threads, isWide, budget });
        if ("us" in outcome) points.push({ value, threads, ms: outcome.us / 1000 });
        else tell(`${what}: ${outcome.error}`);
      }
    }
    return points;
  };
  return {
    batch: await measure("batch"),
    width: await measure("width"),
    depth: await measure("depth"),
  };
}
