// Trains on real MNIST: a small network on few images, within this process and as a program.
// Takes long: starts among the first.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Batches } from "./batches.ts";
import { firstImages, loadMnist, type Mnist } from "./data.ts";
import { OPTIMIZERS } from "./defaults.ts";
import { DivergenceError } from "../shared/errors.ts";
import { readWeights } from "./fixtures.ts";
import { parseOptions } from "./options.ts";
import { train } from "./train.ts";
import type { EpochFigures, StepProgress, TrainHooks } from "./types.ts";

const whole = loadMnist();
const SMALL = "--limit 600 --hidden 16 --batch 16 --lr 0.01 --epochs 2".split(" ");

/** The share of the test images that saved weights misread, reckoned without Wengert. */
function misread(file: Uint8Array, { test: tested }: Mnist): number {
  const [w1, b1, w2, b2] = readWeights(file).arrays.map(({ data }) => data);
  const layer = (x: Float32Array, w: Float32Array, b: Float32Array) =>
    b.map((bias, row) => {
      let sum = bias;
      for (let i = 0; i < x.length; i++) sum += w[row * x.length + i]! * x[i]!;
      return sum;
    });
  let wrong = 0;
  for (const { pixels, labels } of new Batches(tested, 1).inOrder()) {
    const inner = layer(pixels, w1!, b1!).map((value) => Math.max(0, value));
    const logits = layer(inner, w2!, b2!);
    if (logits.indexOf(Math.max(...logits)) !== labels[0]) wrong++;
  }
  return wrong / tested.count;
}

describe("train", () => {
  function run(args: string[] = [], hooks: TrainHooks = {}) {
    const options = parseOptions([...SMALL, ...args]);
    const data = {
      train: firstImages(whole.train, options.limit),
      test: firstImages(whole.test, 1000),
    };
    return train(options, data, hooks);
  }

  test("learns, and tells of every step and epoch", async () => {
    const steps: StepProgress[] = [];
    const epochs: EpochFigures[] = [];
    const result = (await run([], {
      onStep: (step) => steps.push(step),
      onEpoch: (figures) => epochs.push(figures),
    }))!;
    const [first, second] = result.epochs as [EpochFigures, EpochFigures];
    expect(second.trainLoss).toBeLessThan(0.7 * first.trainLoss);
    expect(second.testLoss).toBeLessThan(first.testLoss);
    // Guessing is wrong nine times out of ten.
    expect(second.testAccuracy).toBeGreaterThan(0.7);
    expect(result).toMatchObject({ interrupted: false, steps: 76 });
    expect(result.history.at(-1)!.loss).toBeLessThan(result.history[0]!.loss);
    expect(result.confusion.flat().reduce((a, b) => a + b)).toBe(1000);
    expect(result.weights.map((image) => image.length)).toEqual(Array(16).fill(784));
    expect(result.summary).toContain("12,560");

    expect(epochs).toEqual(result.epochs);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 76 }, (_, i) => i + 1));
    expect(steps.at(-1)).toMatchObject({ epoch: 2, epochs: 2, steps: 76, loss: second.trainLoss });
    expect(steps.at(-1)!.secondsLeft).toBe(0);
  });

  test("gives the same with the same seed, bit for bit, and something else with another", async () => {
    const [one, same, other] = [await run(), await run(), await run(["--seed", "2"])];
    const timeless = (epochs: readonly EpochFigures[]) => epochs.map((e) => ({ ...e, seconds: 0 }));
    expect(timeless(same!.epochs)).toEqual(timeless(one!.epochs));
    expect(same!.history).toEqual(one!.history);
    expect(same!.parameters).toEqual(one!.parameters);
    expect(other!.epochs[1]!.trainLoss).not.toBe(one!.epochs[1]!.trainLoss);
    expect(other!.parameters).not.toEqual(one!.parameters);
  });

  test.each(OPTIMIZERS)("learns with %s", async (optimizer) => {
    const { epochs } = (await run(["--optimizer", optimizer, "--hidden", "16,12"]))!;
    expect(epochs[1]!.trainLoss).toBeLessThan(0.8 * epochs[0]!.trainLoss);
    expect(epochs[1]!.testAccuracy).toBeGreaterThan(0.6);
  });

  test("gives the same op after op as compiled, up to rounding", async () => {
    const few = { train: firstImages(whole.train, 100), test: firstImages(whole.test, 120) };
    const args = "--hidden 8 --batch 32 --epochs 1".split(" ");
    const [compiled, eager] = [
      (await train(parseOptions(args), few))!,
      (await train(parseOptions([...args, "--eager"]), few))!,
    ];
    expect(compiled.timeline!()).toMatch(/^<svg /);
    expect(eager.timeline!()).toBeUndefined();
    expect(compiled.epochs[0].trainLoss).toBeCloseTo(eager.epochs[0].trainLoss, 4);
    expect(compiled.epochs[0].testLoss).toBeCloseTo(eager.epochs[0].testLoss, 4);
    expect(compiled.epochs[0].trainAccuracy).toBe(eager.epochs[0].trainAccuracy);
  });

  test("trains the convolutional network", async () => {
    const few = { train: firstImages(whole.train, 480), test: firstImages(whole.test, 200) };
    const args = "--model lenet5 --batch 16 --lr 0.003 --epochs 1".split(" ");
    const { epochs, weights, parameters } = (await train(parseOptions(args), few))!;
    expect(epochs[0].testAccuracy).toBeGreaterThan(0.5);
    expect(weights.map((kernel) => kernel.length)).toEqual(Array(6).fill(25));
    // 6·26 + 16·151 + 120·401 + 84·121 + 10·85
    expect(parameters.reduce((sum, { data }) => sum + data.length, 0)).toBe(61_706);
  });

  test("ends after the step in which the signal comes", async () => {
    const ending = new AbortController();
    const onStep = ({ step }: StepProgress) => {
      if (step === 40) ending.abort();
    };
    const result = (await run([], { onStep, signal: ending.signal }))!;
    expect(result).toMatchObject({ interrupted: true, steps: 40 });
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual([1, 40 / 38]);
    expect(await run([], { signal: AbortSignal.abort() })).toBeUndefined();
  });

  test("says so where the loss is no longer finite", async () => {
    const few = { train: firstImages(whole.train, 40), test: firstImages(whole.test, 10) };
    const options = { ...parseOptions([...SMALL, "--optimizer", "sgd"]), lr: 1e30 };
    await expect(train(options, few)).rejects.toThrow(DivergenceError);
  });
});

// Several processes at once, on whatever else the machine does.
describe("the program as a process", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mnist-run-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  interface Ended {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }

  /** `onText` is given all that standard error has said so far, each time it says more. */
  function start(
    args: string[],
    onText: (stderr: string, end: () => void) => void = () => undefined,
    flags: string[] = [],
  ): Promise<Ended> {
    const main = join(import.meta.dirname, "main.ts");
    const node = ["--conditions=@wengert/source", ...flags, main, ...args];
    const child = spawn(process.execPath, node, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
      onText(said.stderr, () => child.kill("SIGINT"));
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, ...said }));
    });
  }

  function results(out: string) {
    expect(readdirSync(join(folder, out)).sort()).toEqual(["report.html", "weights.safetensors"]);
    const page = readFileSync(join(folder, out, "report.html"), "utf8");
    const weights = readFileSync(join(folder, out, "weights.safetensors"));
    const { document } = parseHTML(page);
    const text = (selector: string) => document.querySelector(selector)?.textContent ?? "";
    return { text, weights };
  }

  test("prints its figures as one line and saves report and weights that bear them out", async () => {
    const [one, same, other] = await Promise.all([
      start([...SMALL, "--json", "--out", "one"]),
      start([...SMALL, "--json", "--out", "same"]),
      start([...SMALL, "--json", "--out", "other", "--seed", "2"]),
    ]);
    expect([one.code, same.code, other.code]).toEqual([0, 0, 0]);
    expect(one.stdout).toMatch(/^\{[^\n]*\}\n$/);
    const figures = (run: Ended) => JSON.parse(run.stdout) as Record<string, number>;
    const { seconds, ...rest } = figures(one);
    expect(Object.keys(figures(one))).toEqual([
      "model",
      "epochs",
      "trainLoss",
      "testError",
      "seconds",
    ]);
    expect(rest).toMatchObject({ model: "mlp-784-16-10", epochs: 2 });
    expect(rest.testError).toBeLessThan(30);
    expect(seconds).toBeGreaterThan(0);
    expect(one.stderr).toMatch(/^Training 784-16-10 with adam on 600 images, testing on 10000\./);
    expect(one.stderr).toContain("\nepoch 2/2  loss ");
    expect(one.stderr).toContain(`▸ 784-16-10, adam`);
    expect(one.stderr).toContain(`Saved ${join("one", "report.html")}`);

    const { text, weights } = results("one");
    expect(text("h1")).toBe(`${rest.testError!.toFixed(2)} % test error`);
    expect(text(".command").replace(/\s+/g, " ")).toContain("--hidden 16 --epochs 2 --batch 16");
    const { metadata, arrays } = readWeights(weights);
    expect(metadata).toEqual({ network: "784-16-10", seed: "1" });
    expect(arrays.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["0.weight", "F32", [16, 784]],
      ["0.bias", "F32", [16]],
      ["2.weight", "F32", [10, 16]],
      ["2.bias", "F32", [10]],
    ]);
    // Rounding may decide otherwise where two digits are equally likely, but not often.
    expect(100 * misread(weights, whole)).toBeCloseTo(rest.testError!, 1);

    expect(figures(same)).toMatchObject(rest);
    expect(results("same").weights.equals(weights)).toBe(true);
    expect(figures(other).trainLoss).not.toBe(rest.trainLoss);
    const [first] = readWeights(results("other").weights).arrays;
    expect(first!.data).not.toEqual(arrays[0]!.data);
  });

  test("ends at Ctrl-C with 130 and saves what was learnt", async () => {
    let pressed = false;
    const args = "--limit 600 --hidden 16 --epochs 1000 --json --out out".split(" ");
    const { code, stdout, stderr } = await start(args, (said, pressCtrlC) => {
      if (pressed || !said.includes("epoch    1/1000")) return;
      pressed = true;
      pressCtrlC();
    });
    expect(code).toBe(130);
    expect(stderr).toContain("Ending; Ctrl-C once more");
    const { epochs } = JSON.parse(stdout) as Record<string, number>;
    expect(epochs).toBeGreaterThanOrEqual(1);
    expect(epochs).toBeLessThan(1000);
    const { text, weights } = results("out");
    expect(text(".notice")).toMatch(/^Ended by hand after [\d.]+ epochs\.$/);
    const { arrays } = readWeights(weights);
    expect(arrays.map(({ shape }) => shape)).toEqual([[16, 784], [16], [10, 16], [10]]);
    expect(arrays.every(({ data }) => data.every(Number.isFinite))).toBe(true);
  });

  test("leaves nothing where it cannot run, and says why", async () => {
    writeFileSync(join(folder, "file"), "mine");
    // Cuts every file of training images short as it is read.
    const damage = `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
      const read = fs.readFileSync;
      fs.readFileSync = (path, ...rest) => {
        const content = read(path, ...rest);
        return /train-images/.test(path) ? content.subarray(0, 5000) : content;
      };
      syncBuiltinESMExports();`;
    const flags = ["--import", `data:text/javascript,${encodeURIComponent(damage)}`];
    const [unknown, wrong, unwritable, damaged] = await Promise.all([
      start(["--epoch", "3"]),
      start(["--lr", "fast"]),
      start(["--out", "file"]),
      start([...SMALL, "--out", "out"], undefined, flags),
    ]);
    expect([unknown.code, wrong.code, unwritable.code, damaged.code]).toEqual([2, 2, 1, 1]);
    expect(unknown.stderr).toMatch(/^UsageError: --epoch: .* Did you mean --epochs\?\nAll options/);
    expect(wrong.stderr).toMatch(/^UsageError: --lr: .*, got "fast"\. Write for example --lr /);
    expect(unwritable.stderr).toMatch(/^OutputError: --out \S*file: .*EEXIST.* --out\.\n$/);
    expect(damaged.stderr).toMatch(/^DataError: \S*train-images\S*: expected .*\n$/);
    for (const { stdout } of [unknown, wrong, unwritable, damaged]) expect(stdout).toBe("");
    expect(readdirSync(folder)).toEqual(["file"]);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("mine");
  });
});
