import { median, type Budget } from "./measure.ts";
import type { Meter } from "./peers.ts";
import {
  OUR_COLUMNS,
  PEER_COLUMNS,
  type Column,
  type Outcome,
  type Result,
  type WorkloadId,
} from "./types.ts";

export interface Collected {
  readonly results: readonly Result[];
  /** Why a number is missing, by workload and column. */
  readonly failures: readonly string[];
}

export interface Pace {
  readonly budget: Budget;
  /** How often the contenders take turns. */
  readonly rounds: number;
}

/**
 * Times each workload with every contender before it goes on to the next one, so that what is
 * compared is measured within the same minute. In that minute they take turns for some rounds, and
 * a figure is the median of the rounds: what disturbs the machine for a few seconds strikes one
 * round, not one contender. A column without a meter stays empty.
 */
export async function collect(
  ids: readonly WorkloadId[],
  meters: Partial<Record<Column, Meter>>,
  { budget, rounds }: Pace,
  tell: (progress: string) => void = () => {},
): Promise<Collected> {
  const results: Result[] = [];
  const failures: string[] = [];
  for (const workload of ids) {
    const times = new Map<Column, number[]>();
    const failed = new Set<Column>();
    for (let round = 1; round <= rounds; round++) {
      for (const column of [...OUR_COLUMNS, ...PEER_COLUMNS]) {
        const meter = meters[column];
        if (meter === undefined || failed.has(column)) continue;
        tell(`${workload}: ${column}, round ${round} of ${rounds}…`);
        const outcome: Outcome = await meter(workload, budget);
        if ("us" in outcome) times.set(column, [...(times.get(column) ?? []), outcome.us]);
        else {
          failed.add(column);
          failures.push(`${workload}, ${column}: ${outcome.error}`);
        }
      }
    }
    for (const column of failed) times.delete(column);
    results.push(resultOf(workload, times));
  }
  return { results, failures };
}

function resultOf(workload: WorkloadId, times: ReadonlyMap<Column, readonly number[]>): Result {
  const figure = (column: Column): number | null => {
    const rounds = times.get(column);
    return rounds === undefined ? null : median(rounds);
  };
  const pick = <C extends Column>(columns: readonly C[]) =>
    Object.fromEntries(columns.map((c) => [c, figure(c)])) as Record<C, number | null>;
  return { workload, unit: "us", ours: pick(OUR_COLUMNS), peers: pick(PEER_COLUMNS) };
}
