import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { firstImages, loadMnist } from "./data.ts";
import { DataError } from "../shared/errors.ts";
import { dataset, idxFile } from "./fixtures.ts";
import { parseIdx } from "./idx.ts";

function failure(run: () => unknown): DataError {
  try {
    run();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error("nothing was wrong with it");
}

describe("parseIdx", () => {
  const values = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
  const file = idxFile([3, 2, 2], values);

  test("reads dimensions and values", () => {
    expect(parseIdx(file, "f", 3)).toEqual({ dims: [3, 2, 2], data: values });
  });

  test("reads the same from a compressed file", () => {
    expect(parseIdx(gzipSync(file), "f", 3)).toEqual({ dims: [3, 2, 2], data: values });
  });

  test("reads from the middle of a buffer", () => {
    const larger = new Uint8Array(file.length + 9);
    larger.set(file, 5);
    expect(parseIdx(larger.subarray(5, 5 + file.length), "f", 3).data).toEqual(values);
  });

  test("every truncation is an error that names the file", () => {
    for (let length = 0; length < file.length; length++) {
      const { problem, exitCode } = failure(() =>
        parseIdx(file.subarray(0, length), "the-file", 3),
      );
      expect(problem.subject).toBe("the-file");
      expect(problem.advice).toContain("npm start");
      expect(exitCode).toBe(1);
    }
  });

  test("says how much is missing, and refuses what is too much", () => {
    const short = failure(() => parseIdx(file.subarray(0, -2), "f", 3));
    expect(short.message).toContain("expected 12 bytes of values (3 × 2 × 2), got 10");
    const long = new Uint8Array(file.length + 1);
    long.set(file);
    expect(failure(() => parseIdx(long, "f", 3)).problem.received).toBe("13");
  });

  test("refuses another magic number: other type, other rank, other file", () => {
    const floats = file.slice();
    floats[2] = 0x0d;
    expect(failure(() => parseIdx(floats, "f", 3)).message).toContain(
      "expected the magic number 0x00000803, got 0x00000d03",
    );
    expect(failure(() => parseIdx(file, "f", 1)).problem.expected).toContain("0x00000801");
    const page = new TextEncoder().encode("<!doctype html><p>Not found</p>");
    expect(failure(() => parseIdx(page, "f", 3)).problem.received).toBe("0x3c21646f");
  });

  test("refuses a compressed file that is damaged", () => {
    const packed = gzipSync(file);
    expect(failure(() => parseIdx(packed.subarray(0, -6), "f", 3)).message).toContain("gzip");
  });
});

describe("loadMnist", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mnist-data-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: Uint8Array) => writeFileSync(join(folder, name), content);
  function writeAll() {
    for (const [part, count] of [
      ["train", 5],
      ["t10k", 3],
    ] as const) {
      const { images, labels } = dataset(count);
      write(`${part}-images-idx3-ubyte`, idxFile([count, 28, 28], images));
      write(`${part}-labels-idx1-ubyte`, idxFile([count], labels));
    }
  }

  test("reads the four files, compressed or not", () => {
    writeAll();
    rmSync(join(folder, "t10k-labels-idx1-ubyte"));
    write("t10k-labels-idx1-ubyte.gz", gzipSync(idxFile([3], dataset(3).labels)));
    const { train, test: tested } = loadMnist(folder);
    expect(train).toEqual(dataset(5));
    expect(tested).toEqual(dataset(3));
  });

  test("names a missing file", () => {
    writeAll();
    rmSync(join(folder, "train-labels-idx1-ubyte"));
    const { problem } = failure(() => loadMnist(folder));
    expect(problem.subject).toBe(join(folder, "train-labels-idx1-ubyte"));
    expect(problem.received).toBe("no such file");
  });

  test("refuses labels that do not go with the images", () => {
    writeAll();
    write("train-labels-idx1-ubyte", idxFile([4], dataset(4).labels));
    const { message } = failure(() => loadMnist(folder));
    expect(message).toContain("expected a label for each of 5 images, got 4");
  });

  test("refuses labels above 9 and images of another size", () => {
    writeAll();
    write("t10k-labels-idx1-ubyte", idxFile([3], Uint8Array.of(1, 10, 2)));
    expect(failure(() => loadMnist(folder)).problem.received).toBe("10 at image 1");
    write("train-images-idx3-ubyte", idxFile([5, 14, 56], dataset(5).images));
    expect(failure(() => loadMnist(folder)).problem.received).toBe("14 × 56");
  });

  test("finds the whole of MNIST by itself", () => {
    const { train, test: tested } = loadMnist();
    expect([train.count, tested.count]).toEqual([60_000, 10_000]);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const mean = train.images.reduce((sum, pixel) => sum + pixel, 0) / train.images.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
  });
});

test("firstImages takes so many, and all where there are fewer", () => {
  expect(firstImages(dataset(7), 3)).toEqual(dataset(3));
  expect(firstImages(dataset(7), 100)).toEqual(dataset(7));
});
