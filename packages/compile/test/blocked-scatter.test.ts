// Many terms into a narrow target are added up in blocks: the sums are those of one term after the other.
import { describe, expect, it } from "vitest";
import {
  gather,
  Generator,
  grad,
  mul,
  normal,
  scatterAdd,
  sum,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import { compile, ready, setThreads } from "../src/index.ts";
import { optimise } from "../src/optimise/index.ts";
import { record } from "./support/record.ts";

const generator = new Generator(3);
/** Not a multiple of the number of blocks. */
const terms = 70_001;

/** Indices below `size`, with more of the small ones. */
const indices = (count: number, size: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => ((i * 7919) % 104_729) % (1 + ((i * 31) % size)));

const scatters = (f: (...args: Tensor[]) => Tensor, args: readonly Tensor[]): number =>
  optimise(record(f, args).graph).groups.filter(({ kind }) => kind === "scatter").length;

describe("many terms", () => {
  it.each(["float32", "float64"] as const)("of a vector in %s", (dtype) => {
    const x = normal([500], { generator, dtype });
    const index = tensor(indices(terms, 500));
    const source = normal([terms], { generator, dtype });
    const f = (x: Tensor, index: Tensor, source: Tensor) =>
      scatterAdd(x, index, source, { axis: 0 });
    expect(scatters(f, [x, index, source])).toBe(2);
    const wanted = Float64Array.from(x.data);
    const sizes = Float64Array.from(x.data, Math.abs);
    const values = source.data;
    index.data.forEach((at: number, i: number) => {
      wanted[at] += values[i];
      sizes[at] += Math.abs(values[i]);
    });
    const got = compile(f)(x, index, source).data;
    const epsilon = dtype === "float32" ? 2 ** -20 : 2 ** -48;
    wanted.forEach((it, i) =>
      expect(Math.abs(got[i] - it)).toBeLessThanOrEqual(epsilon * sizes[i]),
    );
  });

  it("of short rows, and exactly where they are whole numbers", () => {
    const x = tensor(Float32Array.from({ length: 60 * 6 }, (_, i) => i)).reshape([60, 6]);
    const rows = indices(terms, 60);
    const index = tensor(
      Int32Array.from({ length: terms * 6 }, (_, i) => rows[Math.floor(i / 6)]),
    ).reshape([terms, 6]);
    const source = tensor(Float32Array.from({ length: terms * 6 }, (_, i) => i % 11)).reshape([
      terms,
      6,
    ]);
    const f = (x: Tensor, index: Tensor, source: Tensor) =>
      scatterAdd(x, index, source, { axis: 0 });
    expect(scatters(f, [x, index, source])).toBe(2);
    expect(compile(f)(x, index, source).data).toEqual(f(x, index, source).data);
  });

  it("leaves what no term comes to as it is, −0 too", () => {
    const x = tensor(new Float32Array(300).fill(-0));
    const index = tensor(indices(terms, 100));
    const source = tensor(new Float32Array(terms).fill(2));
    const f = (x: Tensor, index: Tensor, source: Tensor) =>
      scatterAdd(x, index, source, { axis: 0 });
    const got = compile(f)(x, index, source).data;
    expect(got).toEqual(f(x, index, source).data);
    expect(got[200]).toBe(-0);
  });

  it("in the gradient of a gather, with the same bits on any number of threads", async () => {
    const x = normal([700], { generator });
    const index = tensor(indices(terms, 700));
    const weight = normal([terms], { generator });
    const f = grad((x: Tensor) => sum(mul(gather(x, index, { axis: 0 }), weight)));
    const bits: number[][] = [];
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      await ready();
      bits.push([...compile(f)(x).data]);
    }
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });

  it("are checked", () => {
    const index = Int32Array.from(indices(terms, 300));
    index[terms - 1] = 300;
    const f = (x: Tensor, index: Tensor, source: Tensor) =>
      scatterAdd(x, index, source, { axis: 0 });
    const run = compile(f);
    const source = normal([terms], { generator });
    expect(() => run(normal([300], { generator }), tensor(index), source)).toThrow(/300/);
  });
});

it("fewer terms, or a wide target, are not cut", () => {
  const f = (x: Tensor, index: Tensor, source: Tensor) => scatterAdd(x, index, source, { axis: 0 });
  const of = (count: number, size: number) =>
    scatters(f, [
      normal([size], { generator }),
      tensor(indices(count, size)),
      normal([count], { generator }),
    ]);
  expect(of(20_000, 300)).toBe(1);
  expect(of(40_000, 30_000)).toBe(1);
});
