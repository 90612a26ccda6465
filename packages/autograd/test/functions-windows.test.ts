// Sums of products and windows by functions that are made of ops.
import { describe, it } from "vitest";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  einsum,
  fold,
  inner,
  interpolate,
  NDArray,
  outer,
  samples,
  tensordot,
  unfold,
  type Tensor,
} from "../src/index.ts";
import { indices } from "../src/op/ndarray.ts";
import { checkFunction, type Draw } from "./functions.support.ts";

const { drawShape, reals } = samples;

type Loose = (...args: unknown[]) => Tensor;

describe("einsum", () => {
  /** Terms of letters, some of them repeated, and an output of some of them. */
  function drawEquation(draw: Draw) {
    const alphabet = ["a", "b", "c"];
    const sizes = new Map(alphabet.map((letter) => [letter, draw.pick([2, 3, 1, 2, 0])]));
    const terms = Array.from({ length: draw.int(1, 3) }, () =>
      Array.from({ length: draw.int(0, 3) }, () => draw.pick(alphabet)),
    );
    const used = [...new Set(terms.flat())];
    const output = used.filter(() => draw.int(0, 1) === 0);
    if (draw.pick([true, false])) output.reverse();
    return { sizes, terms, output };
  }

  /** Over all values of all letters. */
  function sumOver(
    sizes: ReadonlyMap<string, number>,
    terms: readonly string[][],
    output: readonly string[],
    xs: readonly NDArray[],
  ): NDArray {
    const summed = [...new Set(terms.flat())].filter((letter) => !output.includes(letter));
    const all = [...output, ...summed];
    return NDArray.build(
      output.map((letter) => sizes.get(letter)!),
      (i) => {
        let total = 0;
        for (const k of indices(summed.map((letter) => sizes.get(letter)!))) {
          const value = (letter: string) => [...i, ...k][all.indexOf(letter)];
          total += xs.reduce((product, x, n) => product * x.at(terms[n].map(value)), 1);
        }
        return total;
      },
    );
  }

  const shapesOf = (terms: readonly string[][], sizes: ReadonlyMap<string, number>) =>
    terms.map((term) => term.map((letter) => sizes.get(letter)!));

  it("by any equation", () =>
    checkFunction((draw) => {
      const { sizes, terms, output } = drawEquation(draw);
      const equation = `${terms.map((term) => term.join("")).join()}->${output.join("")}`;
      return {
        inputs: shapesOf(terms, sizes).map((shape) => reals(draw, shape)),
        call: (...xs) => (einsum as Loose)(equation, ...xs),
        reference: (...xs) => sumOver(sizes, terms, output, xs),
      };
    }, 80));

  it("with an output that is not said", () =>
    checkFunction((draw) => {
      const { sizes, terms } = drawEquation(draw);
      const all = terms.flat();
      const output = ["a", "b", "c"].filter(
        (letter) => all.filter((other) => other === letter).length === 1,
      );
      return {
        inputs: shapesOf(terms, sizes).map((shape) => reals(draw, shape)),
        call: (...xs) => (einsum as Loose)(terms.map((term) => term.join("")).join(), ...xs),
        reference: (...xs) => sumOver(sizes, terms, output, xs),
      };
    }));

  it("with axes under an ellipsis, which broadcast", () =>
    checkFunction((draw) => {
      const batch = drawShape(draw, { maxRank: 2 });
      const [i, j, k] = [0, 1, 2].map(() => draw.pick([2, 1, 3, 0]));
      const some = () => samples.drawBroadcastable(draw, batch);
      const shapes = [
        [...some(), i, j],
        [...some(), j, k],
      ];
      const common = batch.map((_, d) => {
        const at = (shape: number[]) => shape[shape.length - 2 - batch.length + d] ?? 1;
        const [p, q] = [at(shapes[0]), at(shapes[1])];
        return p === 1 ? q : p;
      });
      const ranks = shapes.map((shape) => shape.length - 2);
      const lead = common.slice(batch.length - Math.max(...ranks));
      const where = draw.pick(["...ik", "ki...", "i...k"]);
      const place = where.indexOf("...");
      const letters = where.replace("...", "");
      const size = (letter: string) => (letter === "i" ? i : k);
      const shape = letters
        .split("")
        .map(size)
        .toSpliced(place, 0, ...lead);
      return {
        inputs: shapes.map((list) => reals(draw, list)),
        call: (a, b) => (einsum as Loose)(`...ij,...jk->${where}`, a, b),
        reference: (a, b) =>
          NDArray.build(shape, (at) => {
            const outer = at.slice(place, place + lead.length);
            const rest = at.toSpliced(place, lead.length);
            const value = (letter: string) => rest[letters.indexOf(letter)];
            let total = 0;
            for (let m = 0; m < j; m++) {
              const left = [...outer, value("i"), m].slice(-a.shape.length);
              const right = [...outer, m, value("k")].slice(-b.shape.length);
              total += a.at(left) * b.at(right);
            }
            return total;
          }),
      };
    }));
});

describe("products of two", () => {
  it("outer", () =>
    checkFunction((draw) => {
      const [n, m] = [draw.int(0, 3), draw.int(0, 3)];
      return {
        inputs: [reals(draw, [n]), reals(draw, [m])],
        call: (a, b) => outer(a, b),
        reference: (a, b) => NDArray.build([n, m], ([i, j]) => a.data[i] * b.data[j]),
      };
    }));

  it("inner and tensordot", () =>
    checkFunction((draw) => {
      const summed = drawShape(draw, { minRank: 1, maxRank: 2 });
      const [p, q] = [drawShape(draw, { maxRank: 1 }), drawShape(draw, { maxRank: 1 })];
      const count = summed.length;
      const left = summed.map((_, d) => p.length + d);
      const [call, isLast] = draw.pick<[(a: Tensor, b: Tensor) => Tensor, boolean]>([
        [(a, b) => (tensordot as Loose)(a, b, { axes: count }), false],
        [
          (a, b) => (tensordot as Loose)(a, b, { axes: [left, summed.map((_, d) => d - count)] }),
          true,
        ],
        ...(count === 1
          ? ([[(a, b) => inner(a, b), true]] as [(a: Tensor, b: Tensor) => Tensor, boolean][])
          : []),
      ]);
      return {
        inputs: [
          reals(draw, [...p, ...summed]),
          reals(draw, isLast ? [...q, ...summed] : [...summed, ...q]),
        ],
        call,
        reference: (a, b) =>
          NDArray.build([...p, ...q], (at) => {
            const [i, j] = [at.slice(0, p.length), at.slice(p.length)];
            return indices(summed).reduce(
              (sum, k) => sum + a.at([...i, ...k]) * b.at(isLast ? [...j, ...k] : [...k, ...j]),
              0,
            );
          }),
      };
    }));
});

describe("windows as columns", () => {
  function drawFold(draw: Draw) {
    const rank = draw.int(1, 2);
    const some = (min: number, max: number) =>
      Array.from({ length: rank }, () => draw.int(min, max));
    const size = some(1, 2);
    const options = { stride: some(1, 2), padding: some(0, 1), dilation: some(1, 2) };
    const plane = size.map((n, d) => options.dilation[d] * (n - 1) + 1 + draw.int(0, 1));
    const places = plane.map(
      (n, d) =>
        Math.floor(
          (n + 2 * options.padding[d] - options.dilation[d] * (size[d] - 1) - 1) /
            options.stride[d],
        ) + 1,
    );
    const shape = [draw.int(1, 2), draw.int(1, 2), ...plane];
    /** Where the window at a place reads for one of its elements. */
    const from = (place: readonly number[], k: readonly number[]) =>
      place.map((i, d) => i * options.stride[d] + k[d] * options.dilation[d] - options.padding[d]);
    return { size, options, plane, shape, from, places: indices(places), kernel: indices(size) };
  }

  it("unfold", () =>
    checkFunction((draw) => {
      const { size, options, plane, shape, from, places, kernel } = drawFold(draw);
      const [batch, channels] = shape;
      return {
        inputs: [reals(draw, shape)],
        call: (x) => (unfold as Loose)(x, size, options),
        reference: (x) =>
          NDArray.build([batch, channels * kernel.length, places.length], ([n, row, column]) => {
            const at = from(places[column], kernel[row % kernel.length]);
            const isInside = at.every((i, d) => i >= 0 && i < plane[d]);
            return isInside ? x.at([n, Math.floor(row / kernel.length), ...at]) : 0;
          }),
      };
    }));

  it("fold", () =>
    checkFunction((draw) => {
      const { size, options, plane, shape, from, places, kernel } = drawFold(draw);
      const [batch, channels] = shape;
      return {
        inputs: [reals(draw, [batch, channels * kernel.length, places.length])],
        call: (x) => (fold as Loose)(x, plane, size, options),
        reference: (x) =>
          NDArray.build(shape, ([n, c, ...at]) => {
            let total = 0;
            places.forEach((place, column) => {
              kernel.forEach((k, row) => {
                if (from(place, k).join() !== at.join()) return;
                total += x.at([n, c * kernel.length + row, column]);
              });
            });
            return total;
          }),
      };
    }));
});

describe("other sizes", () => {
  it("adaptiveAvgPool", () =>
    checkFunction((draw) => {
      const rank = draw.pick([1, 2, 3]);
      const plane = Array.from({ length: rank }, () => draw.int(1, rank === 3 ? 3 : 5));
      const sizes = plane.map((n) => draw.pick([draw.int(1, 4), n]));
      const lead = drawShape(draw, { maxRank: 1 });
      const pools = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];
      const f = pools[rank - 1] as Loose;
      const windows = plane.map((n, d) =>
        Array.from({ length: sizes[d] }, (_, i) => {
          const start = Math.floor((i * n) / sizes[d]);
          return Array.from(
            { length: Math.ceil(((i + 1) * n) / sizes[d]) - start },
            (__, j) => start + j,
          );
        }),
      );
      return {
        inputs: [reals(draw, [...lead, ...plane])],
        call: (x) => f(x, sizes),
        reference: (x) =>
          NDArray.build([...lead, ...sizes], (at) => {
            const lists = windows.map((list, d) => list[at[lead.length + d]]);
            const inside = indices(lists.map((list) => list.length));
            const values = inside.map((k) =>
              x.at([...at.slice(0, lead.length), ...k.map((j, d) => lists[d][j])]),
            );
            return values.reduce((sum, value) => sum + value, 0) / values.length;
          }),
      };
    }));

  it("interpolate", () =>
    checkFunction((draw) => {
      const rank = draw.int(1, 2);
      const plane = Array.from({ length: rank }, () => draw.int(1, 4));
      const size = plane.map(() => draw.int(1, 6));
      const linear = rank === 1 ? "linear" : "bilinear";
      const mode = draw.pick(["nearest", linear]);
      const alignCorners = mode !== "nearest" && draw.pick([false, true]);
      /** Which elements make element i along an axis, and their weights. */
      const sources = (i: number, d: number): [number, number][] => {
        const [n, m] = [plane[d], size[d]];
        if (mode === "nearest") return [[Math.floor((i * n) / m), 1]];
        const at = alignCorners
          ? m === 1
            ? 0
            : (i * (n - 1)) / (m - 1)
          : Math.max(0, ((i + 0.5) * n) / m - 0.5);
        const low = Math.min(Math.floor(at + 1e-12), n - 1);
        const share = Math.max(0, at - low);
        return [
          [low, 1 - share],
          [Math.min(low + 1, n - 1), share],
        ];
      };
      return {
        inputs: [reals(draw, [draw.int(0, 2), 1, ...plane])],
        call: (x) => (interpolate as Loose)(x, { size, mode, alignCorners }),
        reference: (x) =>
          NDArray.build([x.shape[0], 1, ...size], ([n, c, ...at]) => {
            const each = at.map((i, d) => sources(i, d));
            return indices(each.map((list) => list.length)).reduce((sum, k) => {
              const picked = k.map((j, d) => each[d][j]);
              const weight = picked.reduce((product, [, w]) => product * w, 1);
              return sum + weight * x.at([n, c, ...picked.map(([place]) => place)]);
            }, 0);
          }),
      };
    }));
});
