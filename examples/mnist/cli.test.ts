import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli, type Surroundings } from "./cli.ts";
import { DataError, DivergenceError } from "../shared/errors.ts";
import { Recorder } from "../shared/recorder.ts";
import { finishedRun, mnist, readWeights } from "./fixtures.ts";
import { HELP } from "./help.ts";
import type { TrainResult } from "./types.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mnist-cli-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function run(args: string[], changes: Partial<Surroundings> = {}) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const world: Surroundings = {
    stdout,
    stderr,
    folder,
    now: () => new Date("2026-01-02T03:04:05Z"),
    loadData: () => mnist(),
    train: (_, data) => Promise.resolve(finishedRun(data.test)),
    ...changes,
  };
  const code = await runCli(args, world);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const problem = { subject: "x", expected: "a", received: "b", advice: "Do c." };

describe("the program", () => {
  test("saves a report and weights in a new folder and ends with the table", async () => {
    const { code, stdout } = await run([]);
    expect(code).toBe(0);
    const out = join(folder, "runs", "mlp-300-20260102-030405");
    expect(readdirSync(out).sort()).toEqual(["report.html", "weights.safetensors"]);
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("20.00 %");
    expect(stdout).toMatch(/▸ 784-300-10, adam +20\.00/);
    expect(stdout).toContain(`Saved ${join("runs", "mlp-300-20260102-030405", "report.html")}`);
  });

  test("never takes the folder of another run by itself", async () => {
    await run([]);
    await run([]);
    expect(readdirSync(join(folder, "runs"))).toHaveLength(2);
  });

  test("prints one line of JSON and nothing else on standard output", async () => {
    const { stdout, stderr } = await run(["--json", "--out", join(folder, "o")]);
    expect(stdout.endsWith("\n")).toBe(true);
    expect(stdout.trim()).not.toContain("\n");
    expect(JSON.parse(stdout)).toEqual({
      model: "mlp-784-300-10",
      epochs: 2,
      trainLoss: 0.5,
      testError: 20,
      seconds: 3.2,
    });
    expect(stderr).toContain("LeNet-5");
  });

  test("names the convolutional network", async () => {
    const { stdout } = await run(["--json", "--model", "lenet5"]);
    expect(JSON.parse(stdout)).toMatchObject({ model: "lenet5" });
    expect(readdirSync(join(folder, "runs"))).toEqual(["lenet5-20260102-030405"]);
  });

  test("gives the training the images that --limit leaves, and all test images", async () => {
    const seen: number[] = [];
    await run(["--limit", "12"], {
      train: (_, { train, test: tested }) => {
        seen.push(train.count, tested.count);
        return Promise.resolve(finishedRun(tested));
      },
    });
    expect(seen).toEqual([12, 20]);
  });

  test("shows the help and does nothing else", async () => {
    const { code, stdout } = await run(["--help", "--epochs", "3"]);
    expect([code, stdout]).toEqual([0, HELP]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("what goes wrong", () => {
  test("a wrong option: exit code 2, before anything is made", async () => {
    const { code, stdout, stderr } = await run(["--epoch", "3"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^UsageError: --epoch: .*Did you mean --epochs\?\nAll options: .*--help\n$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("bad data: exit code 1, before anything is made", async () => {
    const loadData = () => {
      throw new DataError(problem);
    };
    const { code, stderr } = await run([], { loadData });
    expect([code, stderr]).toEqual([1, "DataError: x: expected a, got b. Do c.\n"]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a folder that cannot be written: before the training begins", async () => {
    writeFileSync(join(folder, "file"), "mine");
    let trained = false;
    const train = () => {
      trained = true;
      return Promise.resolve(undefined);
    };
    const { code, stderr } = await run(["--out", join(folder, "file")], { train });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^OutputError: --out .*file: /);
    expect(trained).toBe(false);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("mine");
  });

  test("a training that fails: nothing is left, listeners neither", async () => {
    const listeners = process.listenerCount("SIGINT");
    const train = () => Promise.reject(new DivergenceError(problem));
    const { code, stderr } = await run([], { train });
    expect(code).toBe(1);
    expect(stderr).toContain("DivergenceError: x");
    expect(existsSync(join(folder, "runs"))).toBe(false);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
  });

  test("a report that cannot be drawn: the weights are saved all the same", async () => {
    const out = join(folder, "out");
    await run(["--out", out]);
    const train = () => {
      const history = undefined as unknown as TrainResult["history"];
      const parameters = [{ name: "new", shape: [1], data: Float32Array.of(3) }];
      return Promise.resolve({ ...finishedRun(), history, parameters });
    };
    await expect(run(["--out", out], { train })).rejects.toThrow(TypeError);
    // The report of the run before would not be about these weights.
    expect(readdirSync(out)).toEqual(["weights.safetensors"]);
    const { arrays } = readWeights(readFileSync(join(out, "weights.safetensors")));
    expect(arrays).toEqual([{ name: "new", dtype: "F32", shape: [1], data: Float32Array.of(3) }]);
  });

  test("an error of the program's own is not hidden", async () => {
    const train = () => Promise.reject(new TypeError("a bug"));
    await expect(run([], { train })).rejects.toThrow("a bug");
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  const press = () => process.emit("SIGINT", "SIGINT");

  test("saves what was learnt and ends with 130, also when it arrives twice at once", async () => {
    const { code, stdout, stderr } = await run(["--json"], {
      train: async (_, { test: tested }, { signal }) => {
        press();
        press();
        expect(signal?.aborted).toBe(true);
        return { ...finishedRun(tested), interrupted: true };
      },
    });
    expect(code).toBe(130);
    expect(stderr.match(/Ending;/g)).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 2 });
    const [name] = readdirSync(join(folder, "runs"));
    expect(readFileSync(join(folder, "runs", name!, "report.html"), "utf8")).toContain("by hand");
  });

  test("before anything was learnt leaves nothing", async () => {
    const { code, stderr } = await run([], {
      train: async () => {
        press();
        return undefined;
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain("nothing was saved");
    expect(readdirSync(folder)).toEqual([]);
  });
});
