import { PIXELS, type Dataset } from "./data.ts";
import { PIXEL_DEVIATION, PIXEL_MEAN } from "./defaults.ts";

export interface Batch {
  /** Normalised to mean 0 and deviation 1, [count, 784]. */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
}

/** What a pixel's byte becomes. */
const NORMALISED = Float32Array.from(
  { length: 256 },
  (_, byte) => (byte / 255 - PIXEL_MEAN) / PIXEL_DEVIATION,
);

/** A dataset in pieces of `size` images; the last one holds what is left. */
export class Batches {
  readonly perEpoch: number;
  readonly #data: Dataset;
  readonly #size: number;

  constructor(data: Dataset, size: number) {
    this.#data = data;
    this.#size = size;
    this.perEpoch = Math.ceil(data.count / size);
  }

  /** All images once, in the given order, or in that of the file. Each batch has new arrays. */
  *inOrder(order?: ArrayLike<number>): Generator<Batch> {
    const { images, labels, count: total } = this.#data;
    for (let start = 0; start < total; start += this.#size) {
      const count = Math.min(this.#size, total - start);
      const batch = {
        pixels: new Float32Array(count * PIXELS),
        labels: new Int32Array(count),
        count,
      };
      for (let i = 0; i < count; i++) {
        const source = order === undefined ? start + i : order[start + i]!;
        for (let p = 0; p < PIXELS; p++) {
          batch.pixels[i * PIXELS + p] = NORMALISED[images[source * PIXELS + p]!]!;
        }
        batch.labels[i] = labels[source]!;
      }
      yield batch;
    }
  }
}
