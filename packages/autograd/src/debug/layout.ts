// Places the boxes of a directed graph in layers, top to bottom. K. Sugiyama, S. Tagawa and M. Toda,
// "Methods for visual understanding of hierarchical system structures", 1981: layers by longest paths,
// order within them by the middle of the neighbours, then places.

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Placed {
  readonly width: number;
  readonly height: number;
  /** The middles of the boxes. */
  readonly places: readonly Point[];
  /** For each edge the points that it goes through, from box to box. */
  readonly routes: readonly (readonly Point[])[];
}

type Edge = readonly [from: number, to: number];

const gap = { x: 26, y: 40, edge: 14 };

/** A box, or a place that a long edge goes through on its way. */
interface Cell extends Size {
  readonly layer: number;
  readonly above: number[];
  readonly below: number[];
  x: number;
}

/** @param floats Which nodes stand just above what they go to, instead of as high as they can. */
export function placeLayers(
  sizes: readonly Size[],
  edges: readonly Edge[],
  floats: readonly boolean[],
): Placed {
  const layers = layersOf(sizes.length, edges, floats);
  const cells: Cell[] = sizes.map((size, i) => ({ ...size, ...cellIn(layers[i]) }));
  const chains = edges.map(([from, to]) => chain(cells, from, to));
  const rows: number[][] = [];
  cells.forEach(({ layer }, i) => (rows[layer] ??= []).push(i));
  order(rows, cells);
  spread(rows, cells, floats);
  const tops: number[] = [];
  let y = 0;
  for (const row of rows) {
    tops.push(y);
    y += Math.max(...row.map((i) => cells[i].height)) + gap.y;
  }
  const middle = (i: number): number =>
    tops[cells[i].layer] + Math.max(...rows[cells[i].layer].map((k) => cells[k].height)) / 2;
  const left = Math.min(...cells.map(({ x, width }) => x - width / 2));
  const right = Math.max(...cells.map(({ x, width }) => x + width / 2));
  const pointOf = (i: number): Point => ({ x: cells[i].x - left, y: middle(i) });
  return {
    width: right - left,
    height: y - gap.y,
    places: sizes.map((_, i) => pointOf(i)),
    routes: chains.map((through) =>
      through.map((i, k) => {
        const { x, y: at } = pointOf(i);
        const isEnd = k === 0 || k === through.length - 1;
        const half = isEnd ? cells[i].height / 2 : 0;
        return { x, y: k === 0 ? at + half : at - half };
      }),
    ),
  };
}

const cellIn = (layer: number) => ({ layer, above: [], below: [], x: 0 });

/** Edges go from lower layers to higher ones; nodes are numbered so that edges of calls ascend. */
function layersOf(count: number, edges: readonly Edge[], floats: readonly boolean[]): number[] {
  const layers = new Array<number>(count).fill(0);
  // What floats is above everything else at first, so that calls have a layer for it.
  edges.forEach(([from, to]) => {
    if (floats[from]) layers[to] = Math.max(layers[to], 1);
  });
  for (const [from, to] of edges.toSorted((a, b) => a[1] - b[1])) {
    if (!floats[from]) layers[to] = Math.max(layers[to], layers[from] + 1);
  }
  floats.forEach((isFloat, node) => {
    if (!isFloat) return;
    const below = edges.flatMap(([from, to]) => (from === node ? [layers[to]] : []));
    if (below.length > 0) layers[node] = Math.min(...below) - 1;
  });
  const least = Math.min(...layers);
  return layers.map((layer) => layer - least);
}

/** The cells that an edge goes through, with new ones in the layers between. */
function chain(cells: Cell[], from: number, to: number): number[] {
  const through = [from];
  for (let layer = cells[from].layer + 1; layer < cells[to].layer; layer++) {
    through.push(cells.push({ width: gap.edge, height: 0, ...cellIn(layer) }) - 1);
  }
  through.push(to);
  for (let k = 0; k + 1 < through.length; k++) {
    cells[through[k]].below.push(through[k + 1]);
    cells[through[k + 1]].above.push(through[k]);
  }
  return through;
}

/** Sorts each layer by the middle of its neighbours, down and up, and keeps the order of fewest
 *  crossings. */
function order(rows: number[][], cells: readonly Cell[]): void {
  let best = rows.map((row) => [...row]);
  let fewest = Infinity;
  for (let sweep = 0; sweep < 12; sweep++) {
    const isDown = sweep % 2 === 0;
    const sequence = isDown ? rows : rows.toReversed();
    for (const row of sequence) {
      const place = new Map(rows.flatMap((it) => it.map((i, k) => [i, k] as const)));
      const key = new Map(
        row.map((i, k) => {
          const near = isDown ? cells[i].above : cells[i].below;
          const sum = near.reduce((total, n) => total + place.get(n)!, 0);
          return [i, near.length > 0 ? sum / near.length : k] as const;
        }),
      );
      row.sort((a, b) => key.get(a)! - key.get(b)!);
    }
    const crossings = countCrossings(rows, cells);
    if (crossings < fewest) [fewest, best] = [crossings, rows.map((row) => [...row])];
    if (fewest === 0) break;
  }
  rows.splice(0, rows.length, ...best);
}

function countCrossings(rows: readonly (readonly number[])[], cells: readonly Cell[]): number {
  let count = 0;
  for (let r = 0; r + 1 < rows.length; r++) {
    const place = new Map(rows[r + 1].map((i, k) => [i, k]));
    const ends = rows[r].flatMap((i) =>
      cells[i].below.map((n) => place.get(n)!).toSorted((a, b) => a - b),
    );
    ends.forEach((end, i) => {
      for (let k = 0; k < i; k++) if (ends[k] > end) count++;
    });
  }
  return count;
}

/** Moves cells towards their neighbours' middles, as far as their order and sizes allow. What floats makes room:
 *  a chain of calls, each with a weight of its own, is a straight line with the weights beside it. */
function spread(
  rows: readonly (readonly number[])[],
  cells: readonly Cell[],
  floats: readonly boolean[],
): void {
  const weight = (i: number): number => (floats[i] ? 1e-3 : 1);
  const firm = (near: readonly number[]): readonly number[] => {
    const calls = near.filter((i) => !floats[i]);
    return calls.length > 0 ? calls : near;
  };
  for (const row of rows) settle(row, cells, () => 0, weight);
  for (let sweep = 0; sweep < 16; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) {
      settle(
        row,
        cells,
        (i) => {
          const near = firm([...cells[i].above, ...cells[i].below]);
          const one = firm(isDown ? cells[i].above : cells[i].below);
          const chosen = sweep < 8 && one.length > 0 ? one : near;
          if (chosen.length === 0) return cells[i].x;
          return chosen.reduce((sum, n) => sum + cells[n].x, 0) / chosen.length;
        },
        weight,
      );
    }
  }
}

/** The places nearest to the wanted ones (by weighted least squares) at which no cells overlap: an isotonic
 *  regression of what is wanted less the room that the cells before take. */
function settle(
  row: readonly number[],
  cells: readonly Cell[],
  wanted: (cell: number) => number,
  weightOf: (cell: number) => number,
): void {
  const offsets = [0];
  for (let k = 1; k < row.length; k++) {
    const [before, here] = [cells[row[k - 1]], cells[row[k]]];
    offsets.push(offsets[k - 1] + (before.width + here.width) / 2 + gap.x);
  }
  const blocks: { sum: number; weight: number; count: number }[] = [];
  row.forEach((i, k) => {
    const weight = weightOf(i);
    blocks.push({ sum: weight * (wanted(i) - offsets[k]), weight, count: 1 });
    while (blocks.length > 1) {
      const [a, b] = blocks.slice(-2);
      if (a.sum / a.weight <= b.sum / b.weight) break;
      const [sum, weight] = [a.sum + b.sum, a.weight + b.weight];
      blocks.splice(-2, 2, { sum, weight, count: a.count + b.count });
    }
  });
  let k = 0;
  for (const { sum, weight, count } of blocks) {
    for (let n = 0; n < count; n++, k++) cells[row[k]].x = sum / weight + offsets[k];
  }
}
