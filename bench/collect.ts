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

/** How a column can be measured: one way, or several of which the best counts. A column without any stays empty. */
export type Meters = Partial<Record<Column, readonly Meter[]>>;

/**
 * Times each workload with every contender before it goes on to the next one, so that what is
 * compared is measured within the same minutes. In these they take turns for some rounds, and
 * a figure is the median of the rounds: what disturbs the machine for a few seconds strikes one
 * round, not one contender.
 */
export async function collect(
  ids: readonly WorkloadId[],
  meters: Meters,
  pace: Pace,
  tell: (progress: string) => void = () => {},
): Promise<Collected> {
  const contenders = [...OUR_COLUMNS, ...PEER_COLUMNS].flatMap((column) =>
    (meters[column] ?? []).map((meter) => ({ column, meter })),
  );
  const results: Result[] = [];
  const failures: string[] = [];
  for (const workload of ids) {
    const rounds = contenders.map((): Outcome[] => []);
    for (let round = 1; round <= pace.rounds; round++) {
      for (const [i, { column, meter }] of contenders.entries()) {
        if (rounds[i]!.some((outcome) => "error" in outcome)) continue;
        tell(`${workload}: ${column}, round ${round} of ${pace.rounds}…`);
        rounds[i]!.push(await meter(workload, pace.budget));
      }
    }
    const times = new Map<Column, number>();
    for (const column of new Set(contenders.map((contender) => contender.column))) {
      const ways = rounds.filter((_, i) => contenders[i]!.column === column);
      const outcome = bestOf(ways.map(medianOf));
      if ("us" in outcome) times.set(column, outcome.us);
      else failures.push(`${workload}, ${column}: ${outcome.error}`);
    }
    results.push(resultOf(workload, times));
  }
  return { results, failures };
}

/** A failure, if there is one. */
function medianOf(outcomes: readonly Outcome[]): Outcome {
  const times = outcomes.flatMap((outcome) => ("us" in outcome ? outcome.us : []));
  return outcomes.find((outcome) => "error" in outcome) ?? { us: median(times) };
}

export function bestOf(outcomes: readonly Outcome[]): Outcome {
  const times = outcomes.flatMap((outcome) => ("us" in outcome ? outcome.us : []));
  return times.length > 0 ? { us: Math.min(...times) } : outcomes[0]!;
}

function resultOf(workload: WorkloadId, times: ReadonlyMap<Column, number>): Result {
  const pick = <C extends Column>(columns: readonly C[]) =>
    Object.fromEntries(columns.map((c) => [c, times.get(c) ?? null])) as Record<C, number | null>;
  return { workload, unit: "us", ours: pick(OUR_COLUMNS), peers: pick(PEER_COLUMNS) };
}
