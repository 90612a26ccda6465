// How wide vectors come into being: V8's flags, and the trial of what it makes.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { formName, microKernel, type MicroForm } from "../src/codegen/contract/micro.ts";
import { wideForms, wideLibraries } from "../src/codegen/contract/wide.ts";
import { heap } from "../src/run/heap.ts";
import { compileModule } from "../src/run/instance.ts";
import { instanceOf } from "../src/run/library.ts";
import { withV8Flags } from "../src/run/platform.ts";
import { haveSameBits } from "../src/program/wide.ts";
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

describe("the trial", () => {
  const library = (bytes: Uint8Array) => instanceOf(compileModule(bytes));
  const [usual, other] = wideLibraries(heap().limits, wideForms).map(library);

  /** A library in which a kernel is not what its name says. */
  function withWrong(named: MicroForm, made: MicroForm) {
    const module = new ModuleBuilder(heap().limits);
    const ctx = { module, features: { relaxedSimd: true }, wide: null };
    for (const form of wideForms) {
      module.export(formName(form), microKernel(ctx, form === named ? made : form));
    }
    return library(module.toBytes());
  }

  it("is passed by the same functions", () => {
    expect(haveSameBits(other, usual)).toBe(true);
  });

  it("is not passed where any of them does a row or a vector less or more", () => {
    wideForms.forEach((form, i) => {
      if (i % 7 !== 0) return;
      for (const wrong of [
        { ...form, rows: form.rows - 1 },
        { ...form, vectors: form.vectors - 1 },
        { ...form, vectors: form.vectors + 1 },
      ]) {
        expect(haveSameBits(withWrong(form, wrong), usual), formName(wrong)).toBe(false);
      }
    });
  });

  it("nor where one multiplies and adds in two roundings", () => {
    const module = new ModuleBuilder(heap().limits);
    const ctx = { module, features: { relaxedSimd: false }, wide: null };
    for (const form of wideForms) module.export(formName(form), microKernel(ctx, form));
    expect(haveSameBits(library(module.toBytes()), usual)).toBe(false);
  });
});
