import { describe, expect, test } from "vitest";
import { Batches } from "./batches.ts";
import { compare, comparisonTable } from "./comparison.ts";
import { Recorder } from "../shared/recorder.ts";
import { dataset } from "./fixtures.ts";
import {
  formatClock,
  formatCount,
  formatDuration,
  formatLoss,
  formatPercent,
} from "../shared/format.ts";
import { Judge } from "./judge.ts";
import { LossCurve, RunningMean } from "./means.ts";
import { Progress, progressLine } from "./progress.ts";
import { cosineDecay } from "../shared/schedule.ts";
import { encodeWeights } from "./weights.ts";

describe("the table", () => {
  const rows = compare("784-300-10, adam", 0.0193, "this run, 1 min 2 s");

  test("puts this run among the published errors", () => {
    expect(rows.map((row) => row.testError)).toEqual(["4.7", "3.05", "1.93", "1.6", "0.95"]);
    expect(rows.map((row) => row.isThisRun)).toEqual([false, false, true, false, false]);
  });

  test("is aligned, decimal point under decimal point", () => {
    const lines = comparisonTable(rows).split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(/^ {2}network +test error \(%\) {2}source$/);
    const points = lines.slice(2).map((line) => /\d\.\d/.exec(line)!.index);
    expect(new Set(points).size).toBe(1);
    expect(lines.slice(2).filter((line) => line.startsWith("▸ "))).toEqual([
      expect.stringContaining("784-300-10, adam"),
    ]);
    expect(lines[2]).toContain("LeCun et al. 1998");
  });

  test("takes an error of two digits before the point", () => {
    const lines = comparisonTable(compare("m", 0.905, "this run")).split("\n");
    expect(lines[2]).toMatch(/^▸ m +90\.50 {2}this run$/);
  });
});

describe("the progress bar", () => {
  const step = { epoch: 3, epochs: 10, step: 25, steps: 100, loss: 0.0432, accuracy: 0.9861 };
  const progress = { ...step, secondsLeft: 83 };

  test("shows epoch, share, loss, accuracy and time left", () => {
    const line = progressLine(progress, 120);
    expect(line).toBe(
      `epoch  3/10  ${"━".repeat(7)}╸${"─".repeat(22)}   25 %  ` +
        "loss 0.0432  accuracy 98.61 %  1:23 left",
    );
  });

  test("never is wider than the terminal, with the ^C that Ctrl-C leaves behind it", () => {
    for (let columns = 1; columns <= 130; columns++) {
      expect(progressLine(progress, columns).length).toBeLessThanOrEqual(Math.max(columns - 3, 0));
    }
  });

  test("redraws one line on a terminal and gives the cursor back", () => {
    let now = 0;
    const terminal = new Recorder(true, 100);
    const bar = new Progress(terminal, () => now);
    bar.step(progress);
    bar.step(progress);
    now = 1000;
    bar.step(progress);
    bar.stop();
    bar.stop();
    expect(terminal.text.split("\x1b[2K").length - 1).toBe(3);
    expect(terminal.text).not.toContain("\n");
    expect(terminal.text.endsWith("\x1b[?25h")).toBe(true);
  });

  test("prints one plain line an epoch elsewhere", () => {
    const file = new Recorder();
    const bar = new Progress(file);
    const figures = { trainLoss: 0.5, trainAccuracy: 0.9, testLoss: 0.4, testAccuracy: 0.95 };
    bar.step(progress);
    bar.epoch({ epoch: 3, seconds: 61, ...figures }, 10);
    bar.stop();
    expect(file.text).toBe(
      "epoch  3/10  loss 0.5000  accuracy 90.00 %  test error 5.00 %  1 min 1 s\n",
    );
  });
});

describe("batches", () => {
  test("hold every image once, in order, normalised", () => {
    const batches = [...new Batches(dataset(7), 3).inOrder([6, 5, 4, 3, 2, 1, 0])];
    expect(batches.map(({ count }) => count)).toEqual([3, 3, 1]);
    expect(batches.flatMap(({ labels }) => [...labels])).toEqual([6, 5, 4, 3, 2, 1, 0]);
    const pixel = dataset(7).images[5 * 784 + 100]!;
    expect(batches[0]!.pixels[784 + 100]).toBeCloseTo((pixel / 255 - 0.1307) / 0.3081, 5);
    expect(new Batches(dataset(7), 3).perEpoch).toBe(3);
  });
});

describe("the judge", () => {
  test("counts errors and finds the worst mistake, in whatever batches it is told", () => {
    const answers = (reads: number[], certainty: number[]) =>
      reads.flatMap((read, i) =>
        Array.from({ length: 10 }, (_, d) => (d === read ? certainty[i]! : 0)),
      );
    const judge = new Judge(dataset(4));
    judge.add(answers([0, 7], [0.9, 0.6]), 1, 2);
    judge.add(answers([2, 8], [0.9, 0.8]), 3, 2);
    expect(judge.accuracy).toBe(0.5);
    expect(judge.loss).toBe(2);
    expect(judge.confusion[1]![7]).toBe(1);
    expect(judge.confusion.flat().reduce((a, b) => a + b)).toBe(4);
    const [worst, ...others] = judge.worstMistakes(2);
    expect(worst).toMatchObject({ label: 3, predicted: 8, probability: 0.8 });
    expect(worst!.pixels).toEqual(dataset(4).images.slice(3 * 784));
    expect(others).toHaveLength(1);
  });
});

describe("the means", () => {
  test("weigh each batch with its size", () => {
    const mean = new RunningMean();
    mean.add(1, 3, 3);
    mean.add(5, 0, 1);
    expect([mean.loss, mean.accuracy, mean.count]).toEqual([2, 0.75, 4]);
  });

  test("the curve keeps the mean of all steps in at most 500 points", () => {
    const curve = new LossCurve(1200, 600);
    for (let i = 0; i < 1200; i++) curve.add(i);
    const points = curve.points();
    expect(points).toHaveLength(400);
    expect(points[0]).toEqual({ epoch: 1.5 / 600, loss: 1 });
    expect(points.reduce((sum, { loss }) => sum + loss, 0) / 400).toBeCloseTo(599.5);
  });
});

test("the learning rate falls from its peak to nearly nothing", () => {
  expect(cosineDecay(0, 100, 0.2)).toBe(0.2);
  expect(cosineDecay(50, 100, 0.2)).toBeCloseTo(0.1);
  expect(cosineDecay(99, 100, 0.2)).toBeLessThan(1e-4);
  expect(cosineDecay(99, 100, 0.2)).toBeGreaterThan(0);
  // Risen by 1/4, 2/4, …, of what the cosine gives.
  expect(cosineDecay(0, 100, 0.2, 4)).toBe(0.05);
  expect(cosineDecay(4, 100, 0.2, 4)).toBe(cosineDecay(4, 100, 0.2));
});

test("weights are a safetensors file", () => {
  const data = Float32Array.of(1, -2, 0.5);
  const other = Float32Array.of(7);
  const file = encodeWeights(
    [
      { name: "0.weight", shape: [1, 3], data },
      { name: "0.bias", shape: [1], data: other },
    ],
    { network: "3-1" },
  );
  const view = new DataView(file.buffer);
  const length = Number(view.getBigUint64(0, true));
  expect((8 + length) % 8).toBe(0);
  expect(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))).toEqual({
    __metadata__: { network: "3-1" },
    "0.weight": { dtype: "F32", shape: [1, 3], data_offsets: [0, 12] },
    "0.bias": { dtype: "F32", shape: [1], data_offsets: [12, 16] },
  });
  const numbers = [0, 4, 8, 12].map((at) => view.getFloat32(8 + length + at, true));
  expect(numbers).toEqual([1, -2, 0.5, 7]);
  expect(file.length).toBe(8 + length + 16);
});

test("numbers are written for people", () => {
  expect([formatClock(-1), formatClock(65), formatClock(3725)]).toEqual([
    "0:00",
    "1:05",
    "1:02:05",
  ]);
  expect([formatDuration(4.21), formatDuration(133), formatDuration(3900)]).toEqual([
    "4.2 s",
    "2 min 13 s",
    "1 h 05 min",
  ]);
  expect(formatPercent(0.0193)).toBe("1.93 %");
  expect(formatCount(60_000)).toBe("60\u202f000");
  expect([formatLoss(0.12345), formatLoss(0.00012345), formatLoss(0)]).toEqual([
    "0.1235",
    "1.23e-4",
    "0.0000",
  ]);
});
