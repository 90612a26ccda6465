import { CLASSES, PIXELS, type Dataset } from "./data.ts";
import type { Mistake } from "./types.ts";

/** Collects a network's answers to the images of a dataset, in the order of the file. */
export class Judge {
  /** `confusion[label][predicted]` */
  readonly confusion: number[][] = Array.from({ length: CLASSES }, () =>
    new Array<number>(CLASSES).fill(0),
  );
  readonly #data: Dataset;
  readonly #mistakes: { image: number; predicted: number; probability: number }[] = [];
  #seen = 0;
  #lossSum = 0;

  constructor(data: Dataset) {
    this.#data = data;
  }

  /** Takes the answers to the next `count` images: [count, 10] probabilities, their mean loss. */
  add(probabilities: ArrayLike<number>, meanLoss: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const image = this.#seen + i;
      const label = this.#data.labels[image]!;
      let predicted = 0;
      for (let digit = 1; digit < CLASSES; digit++) {
        const isLarger =
          probabilities[i * CLASSES + digit]! > probabilities[i * CLASSES + predicted]!;
        if (isLarger) predicted = digit;
      }
      this.confusion[label]![predicted]!++;
      if (predicted === label) continue;
      this.#mistakes.push({
        image,
        predicted,
        probability: probabilities[i * CLASSES + predicted]!,
      });
    }
    this.#seen += count;
    this.#lossSum += meanLoss * count;
  }

  get loss(): number {
    return this.#lossSum / this.#seen;
  }

  get accuracy(): number {
    return 1 - this.#mistakes.length / this.#seen;
  }

  /** The mistakes of which the network was most certain, the worst first. */
  worstMistakes(count: number): Mistake[] {
    const { images, labels } = this.#data;
    return this.#mistakes
      .toSorted((a, b) => b.probability - a.probability || a.image - b.image)
      .slice(0, count)
      .map(({ image, predicted, probability }) => ({
        pixels: images.slice(image * PIXELS, (image + 1) * PIXELS),
        label: labels[image]!,
        predicted,
        probability,
      }));
  }
}
