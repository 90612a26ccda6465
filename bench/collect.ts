import type { Budget } from "./measure.ts";
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

/**
 * Times each workload with every contender before it goes on to the next one, so that what is
 * compared is measured within the same seconds. A column without a meter stays empty.
 */
export async function collect(
  ids: readonly WorkloadId[],
  meters: Partial<Record<Column, Meter>>,
  budget: Budget,
  tell: (progress: string) => void = () => {},
): Promise<Collected> {
  const results: Result[] = [];
  const failures: string[] = [];
  for (const workload of ids) {
    const times = new Map<Column, number>();
    for (const column of [...OUR_COLUMNS, ...PEER_COLUMNS]) {
      const meter = meters[column];
      if (meter === undefined) continue;
      tell(`${workload}: ${column}…`);
      const outcome: Outcome = await meter(workload, budget);
      if ("us" in outcome) times.set(column, outcome.us);
      else failures.push(`${workload}, ${column}: ${outcome.error}`);
    }
    results.push(resultOf(workload, times));
  }
  return { results, failures };
}

function resultOf(workload: WorkloadId, times: ReadonlyMap<Column, number>): Result {
  const pick = <C extends Column>(columns: readonly C[]) =>
    Object.fromEntries(columns.map((c) => [c, times.get(c) ?? null])) as Record<C, number | null>;
  return { workload, unit: "us", ours: pick(OUR_COLUMNS), peers: pick(PEER_COLUMNS) };
}
