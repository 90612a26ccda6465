// What the values of a nest depend on: which dims they vary along, and in which pass over the row
// they are known.
import { argsOf, streamsOf, type Dim, type Nest, type NestStore } from "./nest.ts";

export interface Values {
  /** Whether the value is another one for another index of the dim. */
  readonly varies: (value: number, dim: Dim) => boolean;
  /** Whether it varies within the row. */
  readonly inRow: readonly boolean[];
  /** The number of passes over the row that come before the one in which it can be computed. */
  readonly stage: readonly number[];
  /** Values that the stores need, directly or not. */
  readonly live: ReadonlySet<number>;
  /** Whether a store happens for each element of the row. */
  readonly isFull: (store: NestStore) => boolean;
}

export function valuesOf(nest: Nest): Values {
  const { instrs, row } = nest;
  const along = new Map<Dim, boolean[]>();
  const inRow: boolean[] = [];
  const stage: number[] = [];
  const isRow = new Set(row);
  instrs.forEach((instr) => {
    const args = argsOf(instr);
    const before = Math.max(0, ...args.map((arg) => stage[arg]));
    const isReduce = instr.kind === "reduce";
    stage.push(isReduce ? before + 1 : before);
    inRow.push(
      !isReduce &&
        (args.some((arg) => inRow[arg]) ||
          streamsOf(instr).some((s) => row.some((dim) => dim.strides[s] !== 0))),
    );
  });

  /** For each value; a part of a dim varies as the dim does. */
  function table(dim: Dim): boolean[] {
    const known = along.get(dim);
    if (known) return known;
    const result: boolean[] = [];
    for (const instr of instrs) {
      if (instr.kind === "reduce" && isRow.has(dim)) result.push(false);
      else {
        const moves = instr.kind !== "reduce" && streamsOf(instr).some((s) => dim.strides[s] !== 0);
        result.push(moves || argsOf(instr).some((arg) => result[arg]));
      }
    }
    along.set(dim, result);
    return result;
  }

  const live = liveFrom(
    nest,
    nest.stores.map((store) => store.value),
  );
  return {
    varies: (value, dim) => table(dim)[value],
    inRow,
    stage,
    live,
    isFull: ({ stream, value }) => inRow[value] || row.some((dim) => dim.strides[stream] !== 0),
  };
}

/** The values that some are computed from, themselves included; `isGiven` ones are not looked into. */
export function liveFrom(
  nest: Nest,
  roots: readonly number[],
  isGiven: (value: number) => boolean = () => false,
): Set<number> {
  const live = new Set<number>();
  const visit = (value: number): void => {
    if (live.has(value)) return;
    live.add(value);
    if (!isGiven(value)) argsOf(nest.instrs[value]).forEach(visit);
  };
  roots.forEach(visit);
  return live;
}
