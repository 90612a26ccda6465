// The benchmark's own machinery: what it reads, what it writes, and that its workloads work. How
// long anything takes is nowhere asserted.
import { tensor } from "@wengert/autograd";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { complaintIn, runContender } from "../bench/child.ts";
import { bestOf, collect } from "../bench/collect.ts";
import { collectFigures } from "../bench/figures/collect.ts";
import { kernelsTable, memoryTable } from "../bench/figures/print.ts";
import type { Figures } from "../bench/figures/types.ts";
import { difference } from "../bench/difference.ts";
import { median, medianMicroseconds, type Budget } from "../bench/measure.ts";
import { parseOptions, UsageError } from "../bench/options.ts";
import { measurePeak } from "../bench/peak.ts";
import { mlpOf, BASE } from "../bench/plots/sweeps.ts";
import { picturesOf } from "../bench/plots/main.ts";
import { draw } from "../bench/plots/draw.ts";
import { formatTime, gflopsTable, ratioOf, timesTable } from "../bench/table.ts";
import { WORKLOAD_IDS, type Report, type Result } from "../bench/types.ts";
import { workloads } from "../bench/workloads/index.ts";
import { mlp } from "../bench/workloads/mlp.ts";

const folder = mkdtempSync(join(tmpdir(), "wengert-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const brief: Budget = { warmUpMs: 0, sampleMs: 0, calls: 1, limitMs: 0 };

describe("options", () => {
  it("are all workloads with peers by default", () => {
    expect(parseOptions([])).toEqual({
      only: WORKLOAD_IDS,
      peers: true,
      python: undefined,
      quick: false,
      figures: true,
      json: undefined,
      plots: false,
      narrow: false,
      help: false,
    });
  });

  it("are read in either form, and workloads are put in order", () => {
    const file = join(folder, "results.json");
    const args = ["--only", "matmul256, xor", `--json=${file}`, "--no-peers", "--python", "py"];
    expect(parseOptions([...args, "--quick", "--no-figures", "--plots", "--narrow", "-h"])).toEqual(
      {
        only: ["xor", "matmul256"],
        peers: false,
        python: "py",
        quick: true,
        figures: false,
        json: file,
        plots: true,
        narrow: true,
        help: true,
      },
    );
  });

  const list =
    /--only, --no-peers, --python, --quick, --no-figures, --json, --plots, --narrow, --help/;
  it.each([
    [["--fast"], list],
    [["-x"], list],
    [["fast"], list],
    [["xor"], /Write --only xor\./],
    [["--only", "xor,foo"], /got "foo"\. The workloads are xor, mlpSgd, .*matmul1024\./],
    [["--only", ""], /Write e\.g\. --only/],
    [["--only"], /expected a value, got none/],
    [["--json", "--quick"], /expected a value, got "--quick"/],
    [["--json", folder], /expected a file, got the folder/],
    [["--json", join(folder, "none", "b.json")], /which is not there/],
    [["--quick=yes"], /Write --quick alone\./],
  ])("%j is refused with advice", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});

describe("the command", () => {
  it("says what is wrong with an option, without a stack, and ends with 2", () => {
    const main = fileURLToPath(new URL("../bench/main.ts", import.meta.url));
    const args = ["--conditions=@wengert/source", main, "--fast"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toMatch(/^--fast: expected a known option, got an unknown one.*\n$/);
    expect([status, stdout]).toEqual([2, ""]);
  });
});

describe("measuring", () => {
  it("takes the middle, or the mean of the two in the middle", () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 2, 30])).toBe(3);
  });

  it("awaits each call before the next, and warms up first", async () => {
    let [begun, ended, most] = [0, 0, 0];
    const f = async () => {
      begun++;
      most = Math.max(most, begun - ended);
      await Promise.resolve();
      ended++;
    };
    expect(await medianMicroseconds(f, brief)).toBeGreaterThanOrEqual(0);
    expect(most).toBe(1);
    expect(ended).toBe(begun);
    expect(begun).toBeGreaterThan(3);
  });

  it("counts as many calls as it is told, however long they take", async () => {
    let calls = 0;
    const budget = { warmUpMs: 0, sampleMs: 0, calls: 50, limitMs: 1e6 };
    await medianMicroseconds(() => calls++, budget);
    expect(calls).toBeGreaterThanOrEqual(50);
  });

  it("finds a peak", () => {
    const { gflops } = measurePeak(5);
    expect(gflops).toBeGreaterThan(0);
    expect(gflops).toBeLessThan(Infinity);
  });
});

describe("a compiled step is held against the eager one", () => {
  it.each([
    ["rounding is no difference", () => 2, () => 2 + 1e-6, undefined],
    ["another value is one", () => 2, () => 2.1, "in step 1: 2 expected, 2.1 got"],
    ["NaN is one", () => 2, () => NaN, "in step 1: 2 expected, NaN got"],
    ["so is one element", () => tensor([1, 2]), () => tensor([1, 3]), "1, 2 expected, 1, 3 got"],
    ["and a missing one", () => tensor([1, 2]), () => tensor([1]), "1, 2 expected, 1 got"],
  ])("%s", (_, wanted, got, message) => {
    const found = difference(wanted, got);
    if (message === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(message);
  });

  it("over some steps", () => {
    let step = 0;
    expect(
      difference(
        () => 1,
        () => (++step < 3 ? 1 : 0),
      ),
    ).toContain("in step 3: 1 expected, 0 got");
  });
});

describe("contenders", () => {
  const script = (code: string) => runContender(process.execPath, ["-e", code]);

  it("say their time in the last line", async () => {
    expect(await script(`console.log("hello"); console.log('{"us":12.5}')`)).toEqual({ us: 12.5 });
  });

  it.each([
    ["reports an error", `console.log('{"error":"no gradient\\\\nat x"}')`, "no gradient"],
    ["throws", `throw new RangeError("too far")`, "RangeError: too far"],
    ["says nothing", ``, "it ended with code 0 and no figure"],
    ["says NaN", `console.log('{"us":null}')`, "it ended with code 0 and no figure"],
    ["fails after its time", `console.log('{"us":1}'); process.exit(3)`, "it ended with code 3"],
  ])("one that %s has none", async (_, code, error) => {
    expect(await script(code)).toEqual({ error: expect.stringContaining(error) as string });
  });

  it("that cannot be started say so", async () => {
    const outcome = await runContender(join(folder, "nothing"), []);
    expect(outcome).toEqual({ error: expect.stringContaining("ENOENT") as string });
  });

  it("complain in one line", () => {
    const python = 'Traceback (most recent call last):\n  File "x"\nValueError: 3 > 2\n';
    expect(complaintIn(python)).toBe("ValueError: 3 > 2");
    expect(complaintIn("\n")).toBeUndefined();
  });

  it("of several runs the best counts", () => {
    expect(bestOf([{ error: "a" }, { us: 3 }, { us: 2 }])).toEqual({ us: 2 });
    expect(bestOf([{ error: "a" }, { error: "b" }])).toEqual({ error: "a" });
  });
});

describe("results", () => {
  it("have the form of the JSON file, with null for what is missing", async () => {
    let calls = 0;
    const stub = async () => ({ us: await medianMicroseconds(() => calls++, brief) });
    const meters = {
      eager: [stub],
      compiled1: [async () => ({ us: 2 })],
      pytorch2: [async () => ({ us: 4 })],
      tfjsWasm: [async () => ({ error: "no gradient" })],
    };
    const { results, failures } = await collect(["xor", "lenet5"], meters, {
      budget: brief,
      rounds: 1,
    });
    expect(calls).toBeGreaterThan(0);
    expect(results).toEqual(
      ["xor", "lenet5"].map((workload) => ({
        workload,
        unit: "us",
        ours: { eager: expect.any(Number) as number, compiled1: 2, compiled2: null },
        peers: { pytorch1: null, pytorch2: 4, jaxjs: null, tfjsWasm: null },
      })),
    );
    expect(failures).toEqual(["xor, tfjsWasm: no gradient", "lenet5, tfjsWasm: no gradient"]);
  });

  it("are medians of rounds in which the contenders take turns", async () => {
    const turns: string[] = [];
    const meter = (name: string, times: number[]) => async () => {
      turns.push(name);
      const us = times.shift();
      return us === undefined ? { error: "no more" } : { us };
    };
    const meters = {
      compiled1: [meter("ours", [3, 90, 2])],
      pytorch1: [meter("theirs", [7, 1, 6]), meter("their other way", [5, 4, 8])],
      pytorch2: [meter("failing", []), meter("the same otherwise", [9, 9, 9])],
      jaxjs: [meter("failing later", [1])],
    };
    const pace = { budget: brief, rounds: 3 };
    const { results, failures } = await collect(["xor"], meters, pace);
    const first = ["ours", "theirs", "their other way", "failing", "the same otherwise"];
    const later = first.filter((name) => name !== "failing");
    expect(turns).toEqual([...first, "failing later", ...later, "failing later", ...later]);
    expect(results[0]!.ours.compiled1).toBe(3);
    // The better of medians, not the median of what was better.
    expect(results[0]!.peers).toMatchObject({ pytorch1: 5, pytorch2: 9, jaxjs: null });
    expect(failures).toEqual(["xor, jaxjs: no more"]);
  });

  const result: Result = {
    workload: "matmul256",
    unit: "us",
    ours: { eager: 4000, compiled1: 800, compiled2: 500 },
    peers: { pytorch1: 400, pytorch2: 250, jaxjs: 1000, tfjsWasm: null },
  };
  const report: Report = {
    machine: "m",
    node: "v24",
    peak128GflopsPerThread: 50,
    results: [result],
  };

  it("are compared best with best", () => {
    expect(ratioOf(result, "pytorch")).toBe(2);
    expect(ratioOf(result, "jaxjs")).toBe(0.5);
    expect(ratioOf(result, "tfjsWasm")).toBeNull();
    const eager = { eager: 1, compiled1: null, compiled2: null };
    expect(ratioOf({ ...result, ours: eager }, "pytorch")).toBeNull();
  });

  it("are printed with targets, and a mark where these are missed", () => {
    const [, row] = timesTable(report).split("\n");
    expect(row!.split(/ {2,}/).slice(1)).toEqual([
      "4 000",
      "800",
      "500",
      "400",
      "250",
      "1 000",
      "–",
      "2 (2.4)",
      "!0.5 (0.32)",
      "– (0.36)",
    ]);
  });

  it("of products are shares of the peak of as many threads", () => {
    const [, row] = gflopsTable(report, () => 2e7).split("\n");
    expect(row!.split(/ {2,}/).slice(1, 4)).toEqual(["5.0 (10 %)", "25.0 (50 %)", "40.0 (40 %)"]);
    expect(gflopsTable(report, () => undefined)).toBe("");
  });

  it.each([
    [null, "–"],
    [0.5, "0.50"],
    [9.996, "10.0"],
    [99.96, "100"],
    [1234567.8, "1 234 568"],
  ])("time %d is printed as %s", (us, text) => {
    expect(formatTime(us)).toBe(text);
  });
});

describe("workloads", () => {
  const eager = <F>(step: F): F => step;
  const losses = (id: "xor" | "mlpSgd", steps: number) => {
    const step = workloads[id].prepare(eager) as () => number;
    return Array.from({ length: steps }, step);
  };

  it("are those that have names", () => {
    expect(Object.keys(workloads)).toEqual(WORKLOAD_IDS);
  });

  it.each(["xor", "mlpSgd"] as const)("%s learns", (id) => {
    const values = losses(id, 40);
    expect(values.at(-1)!).toBeLessThan(values[0]!);
  });

  // An untrained classifier guesses: its loss is near the logarithm of the number of classes.
  it.each([
    ["lenet5", Math.log(10)],
    ["charGpt", Math.log(65)],
  ] as const)("%s starts from guessing", (id, guess) => {
    const loss = workloads[id].prepare(eager)() as number;
    expect(Math.abs(loss - guess)).toBeLessThan(0.5);
  });

  it("pass everything to be timed through compile, once", () => {
    for (const id of ["xor", "mlpSgd", "lenet5", "elementwise1e6", "matmul256"] as const) {
      let [made, called] = [0, 0];
      const counting = <F extends (...args: never[]) => unknown>(step: F): F => {
        made++;
        return ((...args: never[]) => (called++, step(...args))) as F;
      };
      workloads[id].prepare(counting)();
      expect([id, made, called]).toEqual([id, 1, 1]);
    }
  });
});

describe("plots", () => {
  it("change one size at a time", () => {
    expect(mlpOf({ ...BASE, depth: 3, batch: 7 })).toEqual({
      batch: 7,
      sizes: [784, 256, 256, 256, 10],
      optimizer: "SGD",
    });
    const step = mlp({ batch: 2, sizes: [3, 4, 4, 2], optimizer: "SGD" }).prepare((f) => f);
    expect(step()).toBeGreaterThan(0);
  });

  it("draw a line for each way to run, and one by threads for compiled steps", () => {
    const points = [1, 16].flatMap((value) =>
      [0, 1, 2].map((threads) => ({ value, threads, ms: value / (threads + 1) })),
    );
    const { batch, threads } = picturesOf({ batch: points, width: [], depth: [] });
    expect(threads.points).toContainEqual({ x: 2, ms: 16 / 3, series: "batch 16" });
    expect(threads.points).toHaveLength(4);
    const svg = draw(batch);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img"/);
    expect(svg).toContain("<title>A training step of an MLP by batch</title>");
    expect(svg).toContain("compiled ×2: 0.333 ms at 1, 5.33 ms at 16");
  });
});

describe("figures beside the time", () => {
  const figures: Figures = {
    workload: "mlpSgd",
    firstCallMs: 72,
    kernels: [
      { what: "contract [1]", us1: 100, us2: 50 },
      { what: "cumsum [2]", us1: 90, us2: 80 },
      { what: "add [3]", us1: 40, us2: 40 },
    ],
    arenaBytes: 2 ** 20,
    arenaLowerBound: 2 ** 20,
    eagerPeakBytes: 2 ** 19,
    steps: 10,
    heapBytesPerStep: 800.4,
    residentBytes: 2 ** 21,
  };

  it("mark what misses what is wanted", () => {
    const [, row] = memoryTable([figures]).split("\n");
    expect(row).toMatch(
      /mlpSgd +!72 \(60\) +1\.00 +1\.00 \(1\.25\) +!2\.00 \(1\) +800 +2\.0 in 10/,
    );
    expect(memoryTable([{ ...figures, eagerPeakBytes: 0 }])).toContain("–");
    expect(memoryTable([])).toBe("");
  });

  it("list the kernels that are long, those that gain least first", () => {
    const lines = kernelsTable([figures]).split("\n");
    expect(lines[0]).toContain("1 of 2 are at least 1.6 times");
    expect(lines[2]).toMatch(/mlpSgd +90 +80 +!1\.13 \(1\.6\) +cumsum \[2\]/);
    expect(lines[3]).toMatch(/2\.00 \(1\.6\) +contract \[1\]/);
    expect(lines).toHaveLength(4);
    expect(kernelsTable([])).toBe("");
  });

  it("come of a process of their own", async () => {
    const { figures: all, failures } = await collectFigures(["xor"], false, true, () => {});
    expect(failures).toEqual([]);
    const [{ kernels, arenaBytes, arenaLowerBound, steps }] = all;
    expect(kernels.length).toBeGreaterThan(1);
    expect(arenaBytes).toBeGreaterThanOrEqual(arenaLowerBound);
    expect(steps).toBeGreaterThanOrEqual(20);
  });
});
