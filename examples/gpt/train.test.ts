import { zeros, type Tensor } from "@wengert/autograd";
import { describe, expect, test } from "vitest";
import { DivergenceError } from "../shared/errors.ts";
import { Recorder } from "../shared/recorder.ts";
import { runCli, type Surroundings } from "./cli.ts";
import { bitsPerCharacter } from "./evaluate.ts";
import { HELP } from "./help.ts";
import { parseOptions } from "./options.ts";
import { progressLine } from "./progress.ts";
import { draw } from "./sample.ts";
import { corpusOf } from "./text.ts";
import { train, type StepProgress } from "./train.ts";
import { windowsAt } from "./windows.ts";

/** Each number is followed by the next one: a bigram that anybody can learn. */
const COUNTING = "0123456789".repeat(60);
const SMALL = "--steps 40 --layers 1 --width 16 --heads 2 --context 8 --batch 4 --lr 0.01".split(
  " ",
);

const run = (args: string[] = [], hooks = {}) =>
  train(parseOptions([...SMALL, ...args]), corpusOf(COUNTING), hooks);

describe("train", () => {
  test("lowers the loss, on what it sees and on what it does not", async () => {
    const seen: StepProgress[] = [];
    const reports: number[] = [];
    const trained = (await run([], {
      onStep: (progress: StepProgress, isReport: boolean) => {
        seen.push(progress);
        if (isReport) reports.push(progress.step);
      },
    }))!;
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(reports).toEqual([40]);
    // It begins with ten equal chances.
    expect(seen[0].bits).toBeCloseTo(Math.log2(10), 0);
    expect(trained.measure()).toBeLessThan(0.5 * seen[0].bits);
    expect(trained).toMatchObject({ steps: 40, interrupted: false, trainBits: seen[39].bits });
  });

  test("writes what it has learnt, the same each time", async () => {
    const trained = (await run())!;
    const write = (prompt: string, count: number) => {
      let text = "";
      for (const character of trained.write(prompt, 0.1)) {
        text += character;
        if (text.length === count) break;
      }
      return text;
    };
    // More than the model sees at a time.
    expect(write("4", 12)).toBe("567890123456");
    expect(write("4", 12)).toBe("567890123456");
    expect(write("78", 2)).toBe("90");
  });

  test("gives the same with the same seed, and something else with another", async () => {
    const losses = async (seed: string) => {
      const bits: number[] = [];
      const onStep = (progress: StepProgress) => bits.push(progress.bits);
      await run(["--steps", "6", "--seed", seed], { onStep });
      return bits;
    };
    const first = await losses("1");
    expect(await losses("1")).toEqual(first);
    expect(await losses("2")).not.toEqual(first);
  });

  test("gives the same op after op as compiled, up to rounding", async () => {
    const compiled = (await run(["--steps", "5"]))!;
    const eager = (await run(["--steps", "5", "--eager"]))!;
    expect(eager.trainBits).toBeCloseTo(compiled.trainBits, 4);
    expect(eager.measure()).toBeCloseTo(compiled.measure(), 4);
  });

  test("ends after the step in which the signal comes", async () => {
    const ending = new AbortController();
    const onStep = ({ step }: StepProgress) => {
      if (step === 3) ending.abort();
    };
    expect(await run([], { onStep, signal: ending.signal })).toMatchObject({
      steps: 3,
      interrupted: true,
    });
    expect(await run([], { signal: AbortSignal.abort() })).toBeUndefined();
  });

  test("says so where the loss is no longer finite", async () => {
    const options = { ...parseOptions(SMALL), lr: 1e30 };
    await expect(train(options, corpusOf(COUNTING))).rejects.toThrow(DivergenceError);
  });
});

test("windows are pieces of the text and what follows each of their characters", () => {
  const [inputs, targets] = windowsAt(Int32Array.of(5, 6, 7, 8, 9), [2, 0], 2);
  expect([...inputs.data]).toEqual([7, 8, 5, 6]);
  expect([...targets.data]).toEqual([8, 9, 6, 7]);
  expect([inputs.shape, targets.dtype]).toEqual([[2, 2], "int32"]);
});

describe("bitsPerCharacter", () => {
  /** Counts how often each character is measured, told by what is charged for it. */
  test.each([
    { length: 40, from: 30, context: 4, batch: 3 },
    { length: 41, from: 30, context: 5, batch: 2 },
    { length: 40, from: 38, context: 8, batch: 4 },
    { length: 12, from: 9, context: 11, batch: 1 },
    { length: 30, from: 1, context: 2, batch: 50 },
  ])("counts each held-out character once: $length, $from, $context, $batch", (sizes) => {
    const { length, from, context, batch } = sizes;
    const codes = Int32Array.from({ length }, (_, i) => i);
    // A character costs as many nats as its place, so that the sum tells which were counted.
    const lossesOf = (inputs: Tensor, targets: Tensor): Tensor => {
      expect(inputs.shape).toEqual([batch, context]);
      return targets.cast("float32");
    };
    const held = Array.from(codes.subarray(from));
    const mean = held.reduce((a, b) => a + b) / held.length;
    const bits = bitsPerCharacter(lossesOf, codes, from, { context, batch });
    expect(bits).toBeCloseTo(mean / Math.LN2, 10);
  });

  test("is log₂ of the number of characters where all are equally likely", () => {
    const even = (inputs: Tensor) => zeros(inputs.shape).add(Math.log(8));
    const codes = new Int32Array(50);
    expect(bitsPerCharacter(even, codes, 40, { context: 6, batch: 2 })).toBeCloseTo(3, 6);
  });
});

describe("draw", () => {
  const logits = Float32Array.from([1, 2, 5], Math.log);

  test("draws each by its probability", () => {
    const count = [0, 0, 0];
    for (let i = 0; i < 800; i++) count[draw(logits, 1, (i + 0.5) / 800)]++;
    expect(count).toEqual([100, 200, 500]);
  });

  test("sharpens and flattens with the temperature", () => {
    // At 1/2 the weights are squared: 1, 4, 25 of 30.
    expect(draw(logits, 0.5, 4.9 / 30)).toBe(1);
    expect(draw(logits, 0.5, 5.1 / 30)).toBe(2);
    expect(draw(logits, 0.01, 0.001)).toBe(2);
  });

  test("never draws what is impossible, nor beyond the end", () => {
    const masked = Float32Array.of(-Infinity, 0, -Infinity);
    for (const unit of [0, 0.5, 1 - 2 ** -53, 1]) expect(draw(masked, 1, unit)).toBe(1);
    expect(draw(Float32Array.of(1000, 999), 1, 0.99)).toBe(1);
  });
});

describe("the program", () => {
  async function start(args: string[], changes: Partial<Surroundings> = {}) {
    const [stdout, stderr] = [new Recorder(), new Recorder()];
    const world = { stdout, stderr, loadText: () => `${COUNTING}\n`, train, ...changes };
    const code = await runCli(args, world);
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  test("ends with the losses beside the trigram's, and a sample", async () => {
    const { code, stdout, stderr } = await start([...SMALL, "--sample", "20"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Training a GPT of 1 × 16 on Moby-Dick: 601 characters, 11 different/);
    expect(stderr).toMatch(/\nstep 40\/40 {2}\d\.\d{3} bits {2}\d+\.\d ms per step\n/);
    expect(stdout).toMatch(/\n {2}this GPT +\d\.\d{3} bits\n {2}a trigram model +0\.\d{3} bits\n/);
    expect(stdout.slice(stdout.lastIndexOf("bits\n") + 6)).toMatch(/^[\d\n]{20}\n$/);
  });

  test("prints one line of JSON and nothing else on standard output", async () => {
    const { stdout, stderr } = await start([...SMALL, "--json", "--steps", "2"]);
    expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
    const figures = JSON.parse(stdout) as Record<string, unknown>;
    expect(figures).toMatchObject({ model: "gpt-1x16", steps: 2 });
    expect(Object.keys(figures)).toEqual([
      "model",
      "steps",
      "trainBits",
      "testBits",
      "trigramBits",
      "msPerStep",
      "seconds",
    ]);
    expect(stderr).toContain("a trigram model");
  });

  test("shows the help, and says what is wrong", async () => {
    expect(await start(["--help"])).toEqual({ code: 0, stdout: HELP, stderr: "" });
    const { code, stderr } = await start(["--layer", "3"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^UsageError: --layer: .*--layers\?\nAll options: npm run gpt -- --help\n$/,
    );
  });

  test("ends at Ctrl-C with 130, and measures what was learnt", async () => {
    const press: Surroundings["train"] = (options, corpus, hooks) =>
      train(options, corpus, {
        ...hooks,
        onStep: ({ step }) => void (step === 2 && process.emit("SIGINT", "SIGINT")),
      });
    const listeners = process.listenerCount("SIGINT");
    const { code, stdout } = await start([...SMALL, "--json"], { train: press });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 2 });
    expect(process.listenerCount("SIGINT")).toBe(listeners);
  });

  test("never draws a line wider than the terminal", () => {
    const progress = { step: 25, steps: 2500, bits: 2.345, msPerStep: 61.2, secondsLeft: 150 };
    expect(progressLine(progress, 100)).toMatch(/^step {3}25\/2500 .* 2\.345 bits .* 2:30 left$/);
    for (let columns = 1; columns <= 120; columns++) {
      const width = Math.max(columns - 3, 0);
      expect(progressLine(progress, columns).length).toBeLessThanOrEqual(width);
    }
  });
});
