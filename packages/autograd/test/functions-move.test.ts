// Movement and indexing by functions that are made of ops.
import { describe, expect, it } from "vitest";
import {
  at,
  broadcastTo,
  chunk,
  concat,
  diag,
  diagonal,
  flip,
  maskedFill,
  maskedSelect,
  meshgrid,
  moveaxis,
  mul,
  NDArray,
  repeat,
  roll,
  samples,
  split,
  swapaxes,
  tensor,
  tile,
  trace,
  type Tensor,
} from "../src/index.ts";
import { indices } from "../src/op/ndarray.ts";
import { checkFunction, type Draw } from "./functions.support.ts";

const { drawAxes, drawAxis, drawBroadcastable, drawShape, reals } = samples;

// The types of arguments that are drawn are of no interest here.
type Loose = (...args: unknown[]) => Tensor;
type LooseList = (...args: unknown[]) => Tensor[];

/** Negative as often as not. */
const signed = (draw: Draw, axis: number, rank: number): number => draw.pick([axis, axis - rank]);

const modulo = (n: number, size: number): number => ((n % size) + size) % size;

describe("functions that move elements", () => {
  it("flip", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw);
      const axes = drawAxes(draw, shape.length);
      const axis = axes.map((a) => signed(draw, a, shape.length));
      return {
        inputs: [reals(draw, shape)],
        call: (x) => (flip as Loose)(x, { axis }),
        reference: (x) =>
          NDArray.build(shape, (i) =>
            x.at(i.map((j, d) => (axes.includes(d) ? shape[d] - 1 - j : j))),
          ),
      };
    }));

  it("roll", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw, { minRank: 1 });
      const axes = [drawAxis(draw, shape.length), drawAxis(draw, shape.length)];
      const shift = [draw.int(-5, 5), draw.int(-5, 5)];
      return {
        inputs: [reals(draw, shape)],
        call: (x) => (roll as Loose)(x, shift, { axis: axes }),
        reference: (x) =>
          NDArray.build(shape, (i) =>
            x.at(
              i.map((j, d) =>
                modulo(
                  axes.reduce((k, a, n) => (a === d ? k - shift[n] : k), j),
                  shape[d],
                ),
              ),
            ),
          ),
      };
    }));

  it("roll in row-major order", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw);
      const shift = draw.int(-9, 9);
      return {
        inputs: [reals(draw, shape)],
        call: (x) => roll(x, shift),
        reference: ({ data }) =>
          new NDArray(
            shape,
            data.map((_, i) => data[modulo(i - shift, data.length)]),
          ),
      };
    }));

  it("tile", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw, { maxRank: 2 });
      const times = Array.from({ length: draw.int(0, 3) }, () => draw.int(0, 2));
      return {
        inputs: [reals(draw, shape)],
        call: (x) => (tile as Loose)(x, times),
        reference: (x) => {
          const rank = Math.max(shape.length, times.length);
          const pad = (list: readonly number[]) => [
            ...Array<number>(rank - list.length).fill(1),
            ...list,
          ];
          const [sizes, counts] = [pad(shape), pad(times)];
          const wide = new NDArray(sizes, x.data);
          return NDArray.build(
            sizes.map((n, d) => n * counts[d]),
            (i) => wide.at(i.map((j, d) => j % sizes[d])),
          );
        },
      };
    }));

  it("repeat", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw, { minRank: 1 });
      const axis = drawAxis(draw, shape.length);
      const counts = Array.from({ length: shape[axis] }, () => draw.int(0, 2));
      const times = draw.pick([null, draw.int(0, 3)]);
      const places = counts.flatMap((n, i) => Array<number>(times ?? n).fill(i));
      return {
        inputs: [reals(draw, shape)],
        call: (x) =>
          (repeat as Loose)(x, times ?? counts, { axis: signed(draw, axis, shape.length) }),
        reference: (x) =>
          NDArray.build(shape.with(axis, places.length), (i) =>
            x.at(i.with(axis, places[i[axis]])),
          ),
      };
    }));

  it("split and chunk", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw, { minRank: 1 });
      const axis = drawAxis(draw, shape.length);
      const n = shape[axis];
      const [first, each] = [draw.int(0, n), draw.int(1, 3)];
      const evenly = (size: number) =>
        Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) =>
          Math.min(size, n - i * size),
        );
      const [cut, sizes] = draw.pick<[(x: Tensor) => Tensor[], number[]]>([
        [(x) => (split as LooseList)(x, [first, n - first], { axis }), [first, n - first]],
        [(x) => (split as LooseList)(x, each, { axis }), evenly(each)],
        [
          (x) => (chunk as LooseList)(x, each, { axis }),
          n === 0 ? Array<number>(each).fill(0) : evenly(Math.ceil(n / each)),
        ],
      ]);
      const numbers = sizes.flatMap((size, i) => Array<number>(size).fill(i + 1));
      return {
        inputs: [reals(draw, shape)],
        // Each part times its number, so that a wrong part shows.
        call: (x) => {
          const parts = cut(x);
          expect(parts.map((part) => part.shape[axis])).toEqual(sizes);
          return (concat as Loose)(
            parts.map((part, i) => mul(part, i + 1)),
            { axis },
          );
        },
        reference: (x) => NDArray.build(shape, (i) => x.at(i) * numbers[i[axis]]),
      };
    }));

  it("swapaxes and moveaxis", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw, { minRank: 2 });
      const rank = shape.length;
      const [a, b] = [drawAxis(draw, rank), drawAxis(draw, rank)];
      const isSwap = draw.pick([true, false]);
      const order = [...shape.keys()];
      if (isSwap) [order[a], order[b]] = [order[b], order[a]];
      else order.splice(b, 0, ...order.splice(a, 1));
      const f = (isSwap ? swapaxes : moveaxis) as Loose;
      return {
        inputs: [reals(draw, shape)],
        call: (x) => f(x, signed(draw, a, rank), signed(draw, b, rank)),
        reference: (x) =>
          NDArray.build(
            order.map((axis) => shape[axis]),
            (i) => x.at(shape.map((_, d) => i[order.indexOf(d)])),
          ),
      };
    }));

  it("broadcastTo", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw);
      return {
        inputs: [reals(draw, drawBroadcastable(draw, shape))],
        call: (x) => (broadcastTo as Loose)(x, shape),
        reference: (x) => NDArray.build(shape, (i) => x.at(i)),
      };
    }));

  it("meshgrid", () =>
    checkFunction((draw) => {
      const sizes = Array.from({ length: draw.int(1, 3) }, () => draw.int(0, 3));
      const indexing = draw.pick(["ij", "xy"] as const);
      const which = draw.int(0, sizes.length - 1);
      const axis = indexing === "xy" && sizes.length > 1 && which < 2 ? 1 - which : which;
      const shape = indexing === "xy" ? [...sizes.slice(0, 2).reverse(), ...sizes.slice(2)] : sizes;
      return {
        inputs: sizes.map((n) => reals(draw, [n])),
        call: (...xs) => (meshgrid as LooseList)(xs, { indexing })[which],
        reference: (...xs) => NDArray.build(shape, (i) => xs[which].data[i[axis]]),
      };
    }));
});

describe("diagonals", () => {
  it("diagonal and trace", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw, { minRank: 2 });
      const rank = shape.length;
      const axis1 = drawAxis(draw, rank);
      const axis2 = modulo(axis1 + draw.int(1, rank - 1), rank);
      const offset = draw.int(-3, 3);
      const kept = [...shape.keys()].filter((d) => d !== axis1 && d !== axis2);
      const isTrace = draw.pick([true, false]);
      const options = {
        offset,
        axis1: signed(draw, axis1, rank),
        axis2: signed(draw, axis2, rank),
      };
      const on = indices([shape[axis1], shape[axis2]]).filter(([i, j]) => j - i === offset);
      return {
        inputs: [reals(draw, shape)],
        call: (x) => ((isTrace ? trace : diagonal) as Loose)(x, options),
        reference: (x) => {
          const value = (outer: readonly number[], [i, j]: readonly number[]) =>
            x.at(shape.map((_, d) => (d === axis1 ? i : d === axis2 ? j : outer[kept.indexOf(d)])));
          const outer = kept.map((d) => shape[d]);
          if (isTrace) {
            return NDArray.build(outer, (at) =>
              on.reduce((sum, place) => sum + value(at, place), 0),
            );
          }
          return NDArray.build([...outer, on.length], (at) =>
            value(at.slice(0, -1), on[at.at(-1)!]),
          );
        },
      };
    }));

  it("diag of a vector", () =>
    checkFunction((draw) => {
      const n = draw.int(0, 4);
      const offset = draw.int(-2, 2);
      const size = n + Math.abs(offset);
      return {
        inputs: [reals(draw, [n])],
        call: (x) => (diag as Loose)(x, { offset }),
        reference: ({ data }) =>
          NDArray.build([size, size], ([i, j]) => (j - i === offset ? data[Math.min(i, j)] : 0)),
      };
    }));
});

describe("masks", () => {
  const maskOf = (draw: Draw, shape: readonly number[]) => {
    const { data } = samples.booleans(draw, shape);
    return { bits: new NDArray(shape, data), mask: tensor(data, { shape, dtype: "bool" }) };
  };

  it("maskedFill", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw);
      const { bits, mask } = maskOf(draw, drawBroadcastable(draw, shape));
      return {
        inputs: [reals(draw, shape), reals(draw, [])],
        call: (x, value) => (maskedFill as Loose)(x, mask, value),
        reference: (x, value) =>
          NDArray.build(shape, (i) => (bits.at(i) ? value.data[0] : x.at(i))),
      };
    }));

  it("maskedSelect", () =>
    checkFunction((draw) => {
      const shape = drawShape(draw);
      const { bits, mask } = maskOf(draw, shape);
      return {
        inputs: [reals(draw, drawBroadcastable(draw, shape))],
        call: (x) => (maskedSelect as Loose)(x, mask),
        reference: (x) => {
          const chosen = indices(shape).filter((i) => bits.at(i));
          return new NDArray(
            [chosen.length],
            chosen.map((i) => x.at(i)),
          );
        },
      };
    }));
});

it("at", () =>
  checkFunction((draw) => {
    const shape = drawShape(draw, { minDim: 1 });
    const end = () => draw.pick(["", `${draw.int(-5, 5)}`]);
    /** Each axis as what stands for it and which indices it keeps; an integer drops it. */
    const axes = shape.map((size) => {
      if (draw.int(0, 2) === 2) {
        const pick = draw.int(-size, size - 1);
        return { index: pick, kept: null, picked: modulo(pick, size) };
      }
      const step = draw.pick([1, 2, -1, -2]);
      const [from, to] = [end(), end()];
      const all = Array.from({ length: size }, (_, i) => i);
      const absolute = (text: string) => (Number(text) < 0 ? Number(text) + size : Number(text));
      const inside = all.filter((i) =>
        step > 0
          ? (from === "" || i >= absolute(from)) && (to === "" || i < absolute(to))
          : (from === "" || i <= absolute(from)) && (to === "" || i > absolute(to)),
      );
      const kept = (step > 0 ? inside : inside.reverse()).filter(
        (_, i) => i % Math.abs(step) === 0,
      );
      return { index: `${from}:${to}:${step}`, kept, picked: 0 };
    });
    const place = draw.int(0, axes.length);
    const entries = axes
      .map(({ index }) => index as number | string | null)
      .toSpliced(place, 0, null);
    const out = axes.flatMap(({ kept }) => (kept ? [kept.length] : []));
    const before = axes.slice(0, place).filter(({ kept }) => kept).length;
    return {
      inputs: [reals(draw, shape)],
      call: (x) => (at as Loose)(x, ...entries),
      reference: (x) =>
        NDArray.build(out.toSpliced(before, 0, 1), (i) => {
          const rest = i.toSpliced(before, 1);
          return x.at(axes.map(({ kept, picked }) => (kept ? kept[rest.shift()!] : picked)));
        }),
    };
  }));
