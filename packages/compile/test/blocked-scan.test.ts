// Long scans are done in blocks: their values are those of one after the other.
import { describe, expect, it } from "vitest";
import {
  cumsum,
  Generator,
  grad,
  mul,
  normal,
  sum,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { compile, ready, setThreads } from "../src/index.ts";
import { optimise } from "../src/optimise/index.ts";
import { record } from "./support/record.ts";

const generator = new Generator(11);

/** A running sum in doubles. */
function summed(data: ArrayLike<number>, reverse = false): number[] {
  const list = reverse ? Array.from(data).reverse() : Array.from(data);
  let total = 0;
  const sums = list.map((x) => (total += x));
  return reverse ? sums.reverse() : sums;
}

describe.each([16_384, 20_000, 16_447, 50_001])("a scan of %d elements", (n) => {
  it.each([
    ["forwards", false],
    ["backwards", true],
  ] as const)("%s is that of doubles, by blocks", (_, reverse) => {
    const x = normal([n], { generator });
    // The gradient of a running sum runs from the other end.
    const f = (x: Tensor) =>
      reverse
        ? grad((t: Tensor) => sum(mul(cumsum(t, { axis: 0 }), mul(x, 2))))(zeros([n]))
        : cumsum(mul(x, 2), { axis: 0 });
    const groups = optimise(record(f, [x]).graph).groups.filter(({ kind }) => kind === "scan");
    expect(groups.length).toBe(n % 64 === 0 ? 2 : 3);
    const wanted = summed(mul(x, 2).data, reverse);
    const got = compile(f)(x).data;
    const size = summed(Array.from(x.data, (it: number) => Math.abs(2 * it))).at(-1)!;
    let worst = 0;
    wanted.forEach((it, i) => (worst = Math.max(worst, Math.abs(it - got[i]))));
    expect(worst).toBeLessThan(size * 2 ** -22);
  });
});

describe("blocks", () => {
  it("of a few rows, in an op's gradient, and with infinities", () => {
    const x = normal([3, 17_000], { generator, dtype: "float64" });
    const f = grad((x: Tensor) => sum(mul(cumsum(x, { axis: 1 }), x)));
    const [wanted, got] = [f(x).data, compile(f)(x).data];
    wanted.forEach((it: number, i: number) => expect(got[i]).toBeCloseTo(it, 8));
    const wild = new Float64Array(20_000).fill(1);
    [wild[300], wild[9000], wild[15_000]] = [NaN, Infinity, -Infinity];
    for (const hole of [300, 9000]) {
      const y = tensor(hole === 300 ? wild : wild.map((v, i) => (i === 300 ? 1 : v)));
      const running = (x: Tensor) => cumsum(x, { axis: 0 });
      expect(compile(running)(y).data).toEqual(running(y).data);
    }
  });

  it("have the same bits on any number of threads", async () => {
    const x = normal([40_000], { generator });
    const bits: number[][] = [];
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      await ready();
      bits.push([...compile((x: Tensor) => cumsum(x, { axis: 0 }))(x).data]);
    }
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });
});
