// Cells take their new values at the end of a call, all at once.
import { add, mul, slice, tensor, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { setThreads } from "../src/index.ts";
import { graphPasses, planPasses } from "../src/optimise/index.ts";
import { compileWithout } from "./support/record.ts";

setThreads(1);

const all = new Set([...graphPasses, ...planPasses].map(({ name }) => name));

describe.each([
  ["with all passes", new Set<string>()],
  ["without passes", all],
])("%s", (_, skip) => {
  const cells = () => [tensor([1, 2, 3]), tensor([10, 20, 30]), tensor([100, 200, 300])];
  const after = (
    calls: number,
    step: (cells: Tensor[]) => unknown,
  ): { returned: number[][]; held: number[][] } => {
    const held = cells();
    const compiled = compileWithout(skip)(() => (step(held) ?? []) as Tensor[]);
    const returned: number[][] = [];
    for (let i = 0; i < calls; i++) returned.push(...compiled().map(({ data }) => [...data]));
    return { returned, held: held.map(({ data }) => [...data]) };
  };

  it("two cells trade places", () => {
    const swap = ([a, b]: Tensor[]): void => {
      const old = a.clone();
      a.copyFrom(b);
      b.copyFrom(old);
    };
    expect(after(1, swap).held.slice(0, 2)).toEqual([
      [10, 20, 30],
      [1, 2, 3],
    ]);
    expect(after(2, swap).held.slice(0, 2)).toEqual([
      [1, 2, 3],
      [10, 20, 30],
    ]);
  });

  // In whichever order the function meets them.
  it.each([[[0, 1, 2]], [[1, 2, 0]], [[2, 0, 1]], [[0, 2, 1]], [[2, 1, 0]], [[1, 0, 2]]])(
    "three cells pass their values on, met in the order %j",
    (order) => {
      const { held, returned } = after(1, (given) => {
        const met = order.map((k) => add(given[k], 0));
        const old = given[0].clone();
        given[0].copyFrom(given[1]);
        given[1].copyFrom(given[2]);
        given[2].copyFrom(old);
        return met;
      });
      expect(held).toEqual([
        [10, 20, 30],
        [100, 200, 300],
        [1, 2, 3],
      ]);
      expect(returned).toEqual(order.map((k) => [...cells()[k].data]));
    },
  );

  it("a cell takes what another one held before a part of that was overwritten", () => {
    const { held } = after(1, ([a, b]) => {
      a.copyFrom(b);
      slice(b, [[1, 3]]).copyFrom(mul(slice(a, [[0, 2]]), 0.5));
    });
    expect(held.slice(0, 2)).toEqual([
      [10, 20, 30],
      [10, 5, 10],
    ]);
  });

  it("two cells take the same value, and one keeps its own", () => {
    const { held } = after(2, ([a, b, c]) => {
      const sum = add(a, b);
      a.copyFrom(sum);
      b.copyFrom(sum);
      c.copyFrom(c);
    });
    expect(held).toEqual([
      [22, 44, 66],
      [22, 44, 66],
      [100, 200, 300],
    ]);
  });
});
