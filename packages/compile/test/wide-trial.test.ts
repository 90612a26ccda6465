// How wide vectors come into being: V8's flags, and the trial of what it makes.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Generator, matmul, normal, transpose, zeros, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { formName, microKernel, type MicroForm } from "../src/codegen/contract/micro.ts";
import { wideForms, wideLibraries } from "../src/codegen/contract/wide.ts";
import { CompiledProgramError } from "../src/errors.ts";
import { compile, ready, setThreads, setWideVectors } from "../src/index.ts";
import { heap } from "../src/run/heap.ts";
import { compileModule } from "../src/run/instance.ts";
import { instanceOf, library as commonLibrary } from "../src/run/library.ts";
import { withV8Flags } from "../src/run/platform.ts";
import { haveSameBits, prepare } from "../src/program/wide.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";

const here = { v8: parseInt(process.versions.v8, 10), arch: process.arch };

/** Whether V8 knows the syntax that one of its flags allows. */
function hasNatives(): boolean {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    return new Function("return %IsSmi(1)")() === true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

describe("V8's flags", () => {
  const natives = [["allow-natives-syntax", true]] as const;

  it("are set meanwhile, and afterwards as before", () => {
    expect(hasNatives()).toBe(false);
    expect(withV8Flags(here, natives, hasNatives)).toBe(true);
    expect(hasNatives()).toBe(false);
  });

  it("are put back when what was to be done fails", () => {
    const fail = () => {
      throw new RangeError("no");
    };
    expect(() => withV8Flags(here, natives, fail)).toThrow(RangeError);
    expect(hasNatives()).toBe(false);
  });

  it.each(["--freeze-flags-after-init", "--no-liftoff", "--noliftoff", "--no_liftoff"])(
    "started with %s",
    (flag) => {
      const platform = new URL("../src/run/platform.ts", import.meta.url).href;
      const script = `
        import { withV8Flags } from ${JSON.stringify(platform)};
        const v8 = process.getBuiltinModule("node:v8");
        const told = [];
        v8.setFlagsFromString = (flags) => void told.push(flags);
        withV8Flags(${JSON.stringify(here)}, [["liftoff", false], ["x", true]], () => told.push("called"));
        console.log(told.join());`;
      const args = [flag, "--input-type=module", "-e", script];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      const isFrozen = flag.includes("freeze");
      expect(stdout + stderr).toBe(isFrozen ? "\n" : "--x,called,--no-x\n");
    },
  );

  it("stay as they are where the engine is too old, or the processor another one", () => {
    const never = () => {
      throw new Error("called");
    };
    expect(withV8Flags({ ...here, v8: here.v8 + 1 }, natives, never)).toBe(null);
    expect(withV8Flags({ ...here, arch: "z80" }, natives, never)).toBe(null);
  });

  it("stay that the process was started with", () => {
    const platform = new URL("../src/run/platform.ts", import.meta.url).href;
    const script = `
      import { withV8Flags } from ${JSON.stringify(platform)};
      const ask = () => new Function("return %IsSmi(1)")();
      console.log(withV8Flags(${JSON.stringify(here)}, ${JSON.stringify(natives)}, ask), ask());`;
    const args = ["--allow-natives-syntax", "--input-type=module", "-e", script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stdout + stderr).toBe("true true\n");
  });
});

const library = (bytes: Uint8Array) => instanceOf(compileModule(bytes));

/** Libraries of which one's kernel `named` is another one. */
function wrongLibraries(named: MicroForm, made: MicroForm): ReturnType<typeof wideLibraries> {
  const { limits } = heap();
  const [usual, same] = wideLibraries(limits, wideForms);
  const module = new ModuleBuilder(limits);
  const ctx = { module, features: { relaxedSimd: true }, wide: null };
  for (const form of wideForms) {
    module.export(formName(form), microKernel(ctx, form === named ? made : form));
  }
  expect(module.toBytes()).not.toEqual(usual);
  return [module.toBytes(), same];
}

// The first in this file that asks for wide vectors: before anything has them.
describe("where a kernel fails its trial", () => {
  it("there are no wide vectors", () => {
    const named = wideForms.at(-1)!;
    const make: typeof wideLibraries = (limits, forms) =>
      forms.length === 1
        ? wideLibraries(limits, forms)
        : wrongLibraries(named, { ...named, rows: named.rows - 1 });
    expect(prepare(make)).toBe(false);
    expect(commonLibrary()).toBe(undefined);
  });
});

describe("wide vectors", () => {
  const isNew = Number(process.versions.v8.split(".")[0]) >= 13;
  /** What /proc says of the processor; null where there is none. */
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : null;

  it("come to workers that were up before", async () => {
    setThreads(3);
    await ready();
    const isThere = setWideVectors(true);
    if (flags) expect(isThere).toBe(isNew && process.arch === "x64" && /\bavx2\b/.test(flags));
    const [x, y] = [1, 2].map((seed) => normal([90, 70], { generator: new Generator(seed) }));
    const product = compile((a: Tensor, b: Tensor) => matmul(a, transpose(b)));
    const { data } = product(x, y);
    expect(product.explain({ warmUpMs: 0 })).toMatchObject({
      threads: 3,
      vectorBits: isThere ? 256 : 128,
    });
    setWideVectors(false);
    const wanted = compile((a: Tensor, b: Tensor) => matmul(a, transpose(b)))(x, y).data;
    wanted.forEach((value, i) => expect(data[i]).toBeCloseTo(value, 3));
    setThreads(1);
  });

  it("are not asked for while a program runs", async () => {
    const running = compile((a: Tensor) => matmul(a, a)).async(zeros([64, 64]));
    expect(() => setWideVectors(true)).toThrow(CompiledProgramError);
    expect(() => setWideVectors(false)).toThrow(/^setWideVectors: expected one compiled program/);
    await running;
    setWideVectors(false);
  });

  it("are all that V8's pass has to do with", () => {
    const index = new URL("../src/index.ts", import.meta.url).href;
    // All is optimised at once, and V8 tells of each function to which it applies the pass.
    const script = `
      import { normal, matmul, gelu } from "@wengert/autograd";
      const { compile, setWideVectors } = await import(${JSON.stringify(index)});
      const isThere = setWideVectors(true);
      compile((a, b) => gelu(matmul(a, b)))(normal([40, 30]), normal([30, 50]));
      console.log("wide:", isThere);`;
    const args = ["--conditions=@wengert/source", "--no-liftoff", "--trace-wasm-revectorize"];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...args, "--input-type=module", "-e", script],
      { encoding: "utf8", cwd: fileURLToPath(new URL("..", import.meta.url)), maxBuffer: 2 ** 28 },
    );
    expect(stderr).toBe("");
    const isThere = stdout.includes("wide: true");
    expect(stdout.match(/Begin revec/g)?.length ?? 0).toBe(isThere ? wideForms.length : 0);
  });
});

describe("the trial", () => {
  // Not before: V8 would take the code that it makes here for the library's.
  const both = () => wideLibraries(heap().limits, wideForms).map(library);

  it("is passed by the same functions", () => {
    const [other, usual] = both();
    expect(haveSameBits(other, usual)).toBe(true);
  });

  it("is not passed where any of them does a row or a vector less or more", () => {
    const [, usual] = both();
    wideForms.forEach((form, i) => {
      if (i % 7 !== 0) return;
      for (const wrong of [
        { ...form, rows: form.rows - 1 },
        { ...form, vectors: form.vectors - 1 },
        { ...form, vectors: form.vectors + 1 },
      ]) {
        const [bytes] = wrongLibraries(form, wrong);
        expect(haveSameBits(library(bytes), usual), formName(wrong)).toBe(false);
      }
    });
  });

  it("nor where one multiplies and adds in two roundings", () => {
    const module = new ModuleBuilder(heap().limits);
    const ctx = { module, features: { relaxedSimd: false }, wide: null };
    for (const form of wideForms) module.export(formName(form), microKernel(ctx, form));
    expect(haveSameBits(library(module.toBytes()), both()[1])).toBe(false);
  });
});
