// Loads and stores of squares of elements (see tile.ts).
import type { Local } from "../../wasm/function.ts";
import { emitLoad, emitStore, transpose } from "../vector/index.ts";
import { lanesAt, type Point } from "./point.ts";
import { canTurn } from "./tile.ts";

/** Whether squares of a stream are turned at a point. */
export function isTurned({ tile, plan }: Point, stream: number): boolean {
  const { vector, tile: dim } = plan.order;
  return (
    tile > 0 &&
    dim !== null &&
    canTurn(plan.streams[stream], plan.stride(vector, stream), plan.lanes) &&
    plan.stride(dim, stream) === 1
  );
}

/** The vectors side by side, from vectors along the other dim. */
export function loadTurned(point: Point, stream: number): Local[] {
  const { f, plan, tile } = point;
  const { lanes } = plan;
  const { dtype } = plan.streams[stream];
  return squares(tile, lanes).flatMap((first) => {
    const rows = rowsOf(point, stream, first, lanesAt(point, 0));
    const loaded = rows.map(({ address, offset }) => emitLoad(f, lanes, dtype, address, offset));
    // Lanes that nobody asks for hold what another one holds.
    const all = Array.from({ length: lanes }, (_, lane) => loaded[lane] ?? loaded[0]);
    return transpose(f, all);
  });
}

export function storeTurned(point: Point, stream: number, values: readonly Local[]): void {
  const { f, plan, tile } = point;
  const { lanes } = plan;
  const { dtype } = plan.streams[stream];
  for (const first of squares(tile, lanes)) {
    f.scope(() => {
      const square = values.slice(first, first + lanes);
      const all = Array.from({ length: lanes }, (_, i) => square[i]);
      const turned = transpose(f, all);
      rowsOf(point, stream, first, lanesAt(point, 0)).forEach(({ address, offset }, lane) =>
        emitStore(f, lanes, dtype, address, offset, turned[lane]),
      );
    });
  }
}

const squares = (tile: number, lanes: number): number[] =>
  Array.from({ length: tile / lanes }, (_, i) => i * lanes);

/** Where the vectors along the other dim lie, one for each lane. */
function rowsOf({ plan, pointers }: Point, stream: number, first: number, count: number) {
  const { bytes } = plan.streams[stream];
  const step = plan.stride(plan.order.vector, stream) * bytes;
  return Array.from({ length: count }, (_, lane) => ({
    address: pointers[stream],
    offset: lane * step + first * bytes,
  }));
}
