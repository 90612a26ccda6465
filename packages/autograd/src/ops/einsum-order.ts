// In which order several operands are multiplied, two at a time.

/** The size of each label. */
export type Sizes = ReadonlyMap<string, number>;

type Labels = readonly string[];
type Pair = readonly [number, number];

/** More operands than this are not tried in all orders: five have 180 of them. */
const mostTried = 5;

const volume = (labels: Iterable<string>, sizes: Sizes): number => {
  let product = 1;
  for (const label of labels) product *= sizes.get(label)!;
  return product;
};

/** The operands after a pair has been taken out and its product put at the end. */
function after(operands: readonly Labels[], [i, j]: Pair, out: Labels): Labels[] {
  const rest = operands.filter((_, k) => k !== i && k !== j);
  const needed = new Set([...rest.flat(), ...out]);
  const both = new Set([...operands[i], ...operands[j]]);
  return [...rest, [...both].filter((label) => needed.has(label))];
}

const pairsOf = (count: number): Pair[] =>
  Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    Array.from({ length: count - i - 1 }, (_, k): Pair => [i, i + 1 + k]),
  );

interface Plan {
  readonly cost: number;
  readonly pairs: readonly Pair[];
}

/** The order of the fewest multiplications; of equal ones the first. */
function cheapest(operands: readonly Labels[], out: Labels, sizes: Sizes): Plan {
  if (operands.length < 2) return { cost: 0, pairs: [] };
  let best: Plan | null = null;
  for (const pair of pairsOf(operands.length)) {
    const own = volume(new Set([...operands[pair[0]], ...operands[pair[1]]]), sizes);
    const rest = cheapest(after(operands, pair, out), out, sizes);
    const cost = own + rest.cost;
    if (best === null || cost < best.cost) best = { cost, pairs: [pair, ...rest.pairs] };
  }
  return best!;
}

/** The pair whose product grows least beyond its operands, until few are left. */
function greedy(operands: readonly Labels[], out: Labels, sizes: Sizes): readonly Pair[] {
  if (operands.length <= mostTried) return cheapest(operands, out, sizes).pairs;
  let best: { readonly growth: number; readonly pair: Pair; readonly next: Labels[] } | null = null;
  for (const pair of pairsOf(operands.length)) {
    const next = after(operands, pair, out);
    const [a, b] = pair.map((i) => volume(operands[i], sizes));
    const growth = volume(next.at(-1)!, sizes) - a - b;
    if (best === null || growth < best.growth) best = { growth, pair, next };
  }
  return [best!.pair, ...greedy(best!.next, out, sizes)];
}

/**
 * Pairs of operands to multiply, each [i, j] with i < j; the product then stands at the end of the list
 * of those that are left.
 */
export const contractionOrder = (
  operands: readonly Labels[],
  out: Labels,
  sizes: Sizes,
): readonly Pair[] => greedy(operands, out, sizes);
