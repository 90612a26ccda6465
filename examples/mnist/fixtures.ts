/** Small inputs for the tests: IDX files, datasets and finished runs that nobody trained. */
import { CLASSES, PIXELS, type Dataset, type Mnist } from "./data.ts";
import { Judge } from "./judge.ts";
import type { TrainResult } from "./types.ts";

/** An IDX file of bytes. */
export function idxFile(dims: readonly number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(4 + 4 * dims.length + data.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x0800 | dims.length);
  dims.forEach((dim, axis) => view.setUint32(4 + 4 * axis, dim));
  file.set(data, 4 + 4 * dims.length);
  return file;
}

/** Images whose pixels follow from their place, labelled 0 to 9 in turn. */
export function dataset(count: number): Dataset {
  return {
    images: Uint8Array.from({ length: count * PIXELS }, (_, i) => (i * 7) % 256),
    labels: Uint8Array.from({ length: count }, (_, i) => i % CLASSES),
    count,
  };
}

export function mnist(trainCount = 30, testCount = 20): Mnist {
  return { train: dataset(trainCount), test: dataset(testCount) };
}

/** A run of two epochs in which every fifth test image was read as the digit after its own. */
export function finishedRun(test: Dataset = dataset(20)): TrainResult {
  const judge = new Judge(test);
  const probabilities = new Float32Array(test.count * CLASSES).fill(0.01);
  for (let i = 0; i < test.count; i++) {
    const read = (test.labels[i]! + (i % 5 === 0 ? 1 : 0)) % CLASSES;
    probabilities[i * CLASSES + read] = 0.9 + i / 1000;
  }
  judge.add(probabilities, 0.25, test.count);
  const neuron = (n: number) => Float32Array.from({ length: PIXELS }, (_, i) => Math.sin(i * n));
  const epoch = (number: number) => ({
    epoch: number,
    trainLoss: 1 / number,
    trainAccuracy: 0.9 + number / 100,
    testLoss: judge.loss,
    testAccuracy: judge.accuracy,
    seconds: 1.5,
  });
  return {
    history: Array.from({ length: 40 }, (_, i) => ({ epoch: i / 20, loss: 2 / (1 + i) })),
    epochs: [epoch(1), epoch(2)],
    confusion: judge.confusion,
    mistakes: judge.worstMistakes(36),
    weights: [neuron(1), neuron(2), neuron(3)],
    parameters: [{ name: "0.weight", shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) }],
    summary: "Linear(784, 3) <first>",
    interrupted: false,
    steps: 40,
    seconds: 3.2,
  };
}

/** What a safetensors file holds. */
export function readWeights(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const start = 8 + Number(view.getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(
    new TextDecoder().decode(file.subarray(8, start)),
  ) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  const arrays = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const data = Float32Array.from({ length: (to - from) / 4 }, (_, i) =>
        view.getFloat32(start + from + 4 * i, true),
      );
      return { name, dtype, shape, data };
    },
  );
  return { metadata, arrays };
}
