// Sums of which the terms outside of a band are left out, against plain loops that go through all of them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareOf } from "../src/plan/band.ts";
import type { Contraction } from "../src/plan/ir.ts";
import {
  hasRelaxedSimd,
  runContraction,
  sumsOf,
  type Machine,
  type Placed,
} from "./contract.support.ts";

/** out[image, y, x, feature] = Σ padded[image, channel, y + step·(height − 1 − i), x + width − 1 − j] · w[…], as the
 *  gradient of a convolution with respect to its images. */
interface Form {
  readonly images: number;
  readonly channels: number;
  readonly features: number;
  /** Of the images whose gradient it is. */
  readonly rows: number;
  /** How many places the windows have along the rows. */
  readonly places: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
  readonly step: number;
  /** Where the windows begin. */
  readonly start: number;
  readonly seed: number;
}

const form: fc.Arbitrary<Form> = fc
  .record({
    images: fc.integer({ min: 1, max: 5 }),
    channels: fc.integer({ min: 1, max: 4 }),
    features: fc.integer({ min: 1, max: 9 }),
    places: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 17 }),
    height: fc.integer({ min: 2, max: 5 }),
    width: fc.integer({ min: 1, max: 4 }),
    step: fc.integer({ min: 1, max: 3 }),
    start: fc.integer({ min: 0, max: 2 }),
    after: fc.integer({ min: 0, max: 2 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(({ after, ...it }) => ({
    ...it,
    rows: it.start + it.places + it.step * (it.height - 1) + after,
  }));

function caseOf(f: Form, outside: number) {
  const { images, channels, features, rows, columns, height, width, step, start } = f;
  const count = f.places;
  const low = start + step * (height - 1);
  const lines = rows + step * (height - 1);
  const across = columns + width - 1;
  let state = f.seed;
  const next = (): number => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
  const padded = Float32Array.from({ length: images * channels * lines * across }, (_, i) => {
    const line = Math.floor(i / across) % lines;
    return line >= low && line < low + count ? next() : outside;
  });
  const weights = Float32Array.from({ length: channels * height * width * features }, next);
  const size = images * rows * columns * features;
  const contraction: Contraction = {
    dtype: "float32",
    batch: [],
    m: [
      { size: images, a: channels * lines * across, b: 0 },
      { size: rows, a: across, b: 0, label: 7 },
      { size: columns, a: 1, b: 0 },
    ],
    n: [{ size: features, a: 0, b: 1 }],
    k: [
      { size: channels, a: lines * across, b: height * width * features },
      {
        size: height,
        a: -step * across,
        b: width * features,
        band: { place: 7, start, step, count },
      },
      { size: width, a: -1, b: features },
    ],
    epilogue: {
      dims: [images, rows, columns, features],
      rowDims: 0,
      operands: [
        { dtype: "float32", strides: [0, 0, 0, 0] },
        { dtype: "float32", strides: [rows * columns * features, columns, 1, rows * columns] },
      ],
      instrs: [{ kind: "load", dtype: "float32", operand: 0 }],
      stores: [{ operand: 1, value: 0 }],
    },
  };
  const operands: Placed[] = [
    { data: padded, origin: step * (height - 1) * across + width - 1 },
    { data: weights, origin: 0 },
    { data: new Float32Array(size), origin: 0 },
  ];
  return { contraction, operands };
}

const run = (f: Form, outside: number, machine: Machine): Float32Array => {
  const { contraction, operands } = caseOf(f, outside);
  return runContraction(contraction, operands, machine)[2] as Float32Array;
};

describe("sums in bands", () => {
  it("are those of all terms, where the others are 0", () => {
    fc.assert(
      fc.property(form, fc.boolean(), (f, fused) => {
        const { contraction, operands } = caseOf(f, 0);
        const machine = { relaxedSimd: fused && hasRelaxedSimd, threads: 1 };
        const result = run(f, 0, machine);
        const { images, rows, columns, features } = f;
        const terms = f.channels * f.height * f.width;
        sumsOf(contraction, operands[0], operands[1]).forEach(({ value, magnitude }, i) => {
          // The sums have the features last, the result before the rows.
          const feature = i % features;
          const place = Math.floor(i / features) % (rows * columns);
          const image = Math.floor(i / (features * rows * columns));
          const at = (image * features + feature) * rows * columns + place;
          expect(image).toBeLessThan(images);
          expect(Math.abs(result[at] - value)).toBeLessThanOrEqual(
            (terms + 2) * 2 ** -24 * magnitude,
          );
        });
        expect(run(f, 0, { ...machine, threads: 3 })).toEqual(result);
      }),
      { numRuns: 150 },
    );
  });

  // So few features are the rows of a tile, and its vectors lie along the columns of the images.
  it.each([
    { features: 6, step: 1, start: 0 },
    { features: 6, step: 2, start: 1 },
    { features: 3, step: 3, start: 2 },
  ])("leave out what lies outside: %o", (some) => {
    const size = { rows: 20, places: 8, columns: 14, height: 4, width: 3 };
    const f = { images: 8, channels: 3, seed: 5, ...size, ...some };
    const machine = { relaxedSimd: hasRelaxedSimd, threads: 2 };
    const wanted = run(f, 0, machine);
    expect(run(f, NaN, machine)).toEqual(wanted);
    expect(wanted.some((value) => value !== 0)).toBe(true);
  });

  it("say which share of the terms counts", () => {
    // Places 0 … 3 of a window of 3 over 2 elements: 1, 2, 2 and 1 of 3 terms.
    expect(shareOf({ place: 0, start: 0, step: 1, count: 2 }, 3, 4)).toBe(6 / 12);
    // Every other element: place 0 has the first term, 1 as well, 2 and 3 have the second one.
    expect(shareOf({ place: 0, start: 0, step: 2, count: 2 }, 2, 4)).toBe(4 / 8);
    expect(shareOf({ place: 0, start: 1, step: 1, count: 1 }, 1, 2)).toBe(1 / 2);
  });
});
