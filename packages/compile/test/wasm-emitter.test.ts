// The emitter against another reader of WebAssembly: wabt disassembles what it wrote.
import wabt from "wabt";
import { beforeAll, describe, expect, test } from "vitest";
import { wasm } from "../src/run/platform.ts";
import { primitives } from "@wengert/autograd/compiler";
import type { FunctionBuilder, Local } from "../src/wasm/function.ts";
import { emitInstr, importHostFunctions } from "../src/codegen/vector/index.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";
import {
  laneMemory,
  lanes,
  memory,
  plain,
  type LaneMemoryOp,
  type LaneOp,
  type MemoryOp,
  type PlainOp,
} from "../src/wasm/opcodes.ts";

const engine = wasm()!;

const enabled = {
  simd: true,
  threads: true,
  bulk_memory: true,
  sat_float_to_int: true,
  mutable_globals: true,
  multi_value: true,
};

let reader: Awaited<ReturnType<typeof wabt>>;
beforeAll(async () => {
  reader = await wabt();
});

/** A module with one function: what `body` writes, in code that is not reached, so that the types of
 *  its operands are anything. */
function unreached(body: (f: FunctionBuilder) => void): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: true });
  module.function([], [], (f) => {
    f.op("unreachable");
    body(f);
    f.op("unreachable");
  });
  return module.toBytes();
}

const textOf = (bytes: Uint8Array): string =>
  reader.readWasm(bytes, enabled).toText({ foldExprs: false, inlineExport: false });

/** The instructions between the two that cannot be reached, as text. */
function disassemble(body: (f: FunctionBuilder) => void): string[] {
  const bytes = unreached(body);
  expect(engine.validate(bytes)).toBe(true);
  const lines = textOf(bytes)
    .replace(/\)\)?\s*$/, "")
    .split("\n")
    .map((line) => line.trim().replace(/\)+$/, ""));
  const [first, last] = [lines.indexOf("unreachable"), lines.lastIndexOf("unreachable")];
  expect(last).toBeGreaterThan(first);
  return lines.slice(first + 1, last);
}

const isRelaxed = (name: string): boolean => name.includes("relaxed");

describe("every instruction reads as its name", () => {
  const names = (Object.keys(plain) as PlainOp[]).filter((name) => !isRelaxed(name));
  test.each(names)("%s", (name) => {
    expect(disassemble((f) => f.op(name))).toEqual([name]);
  });

  test.each(Object.keys(memory) as MemoryOp[])("%s", (name) => {
    const [line, ...rest] = disassemble((f) => f.memory(name, 1000));
    expect(rest).toEqual([]);
    const [read, ...immediates] = line.split(" ");
    expect(read).toBe(name);
    // A natural alignment is not shown; that of atomics has to be.
    const aligned = name.includes("atomic") || memory[name][0] === 0;
    expect(immediates).toEqual(["offset=1000", ...(aligned ? [] : ["align=1"])]);
  });

  test.each(Object.keys(laneMemory) as LaneMemoryOp[])("%s", (name) => {
    const [line] = disassemble((f) => f.laneMemory(name, 1, 70000));
    const aligned = laneMemory[name][0] === 0;
    expect(line).toBe(`${name} offset=70000 ${aligned ? "" : "align=1 "}1`);
  });

  test.each(Object.keys(lanes) as LaneOp[])("%s", (name) => {
    expect(disassemble((f) => f.lane(name, 1))).toEqual([`${name} 1`]);
  });
});

// wabt 1.0.39 does not read the relaxed instructions; the engine, if it has them, says whether they
// are what they should be: three vectors to one, and the values of their names.
describe("relaxed instructions", () => {
  const all = (Object.keys(plain) as PlainOp[]).filter(isRelaxed);
  const names = all.filter((name) => name.includes("madd"));
  const run = (name: PlainOp): number => {
    const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
    const ref = module.function([], ["f64"], (f) => {
      const push = (x: number): unknown => (name.startsWith("f32") ? f.f32x4(x) : f.f64x2(x));
      for (const x of [2, 3, 10]) push(x);
      f.op(name);
      if (name.startsWith("f32")) f.lane("f32x4.extract_lane", 3).op("f64.promote_f32");
      else f.lane("f64x2.extract_lane", 1);
    });
    module.export("run", ref);
    const made = new engine.Module(module.toBytes());
    const imports = { env: { memory: new engine.Memory({ initial: 1, maximum: 1 }) } };
    return (new engine.Instance(made, imports).exports.run as () => number)();
  };
  const body = (name: PlainOp) => unreached((f) => f.op(name));
  const known = names.length > 0 && all.every((name) => engine.validate(body(name)));

  test("there are five", () => {
    expect(names).toHaveLength(4);
    expect(all.filter((name) => !names.includes(name))).toEqual(["i32x4.relaxed_laneselect"]);
  });

  test.skipIf(!known)("i32x4.relaxed_laneselect", () => {
    const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
    const ref = module.function([], ["i32"], (f) => {
      f.i32x4(1, 2, 3, 4).i32x4(5, 6, 7, 8).i32x4(-1, 0, 0, -1).op("i32x4.relaxed_laneselect");
      const chosen = f.keep("v128");
      f.i32(0);
      for (const lane of [0, 1, 2, 3]) {
        f.i32(10).op("i32.mul").get(chosen).lane("i32x4.extract_lane", lane).op("i32.add");
      }
    });
    module.export("run", ref);
    const made = new engine.Module(module.toBytes());
    const imports = { env: { memory: new engine.Memory({ initial: 1, maximum: 1 }) } };
    expect((new engine.Instance(made, imports).exports.run as () => number)()).toBe(1674);
  });

  test.skipIf(!known).each(names)("%s", (name) => {
    expect(run(name)).toBe(name.includes("nmadd") ? 4 : 16);
  });
});

describe("immediates", () => {
  test("integers of any size", () => {
    const small = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2147483647, -2147483648];
    const text = disassemble((f) => small.forEach((n) => f.i32(n)));
    expect(text).toEqual(small.map((n) => `i32.const ${n}`));
    const large = [...small.map(BigInt), 2n ** 63n - 1n, -(2n ** 63n), 1n << 40n];
    expect(disassemble((f) => large.forEach((n) => f.i64(n)))).toEqual(
      large.map((n) => `i64.const ${n}`),
    );
  });

  test("floats and vectors, bit by bit", () => {
    const floats = disassemble((f) => f.f32(1.5).f64(-0.1));
    expect(floats.map((line) => line.replace(/ \(;.*$/, ""))).toEqual([
      "f32.const 0x1.8p+0",
      "f64.const -0x1.999999999999ap-4",
    ]);
    const text = textOf(
      unreached((f) => {
        f.f32x4(1, -2, 0.5, 0).f32x4(-0).f64x2(1, -1).i32x4(1, -1, 2, -2147483648).i64x2(-2n);
        f.v128([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
      }),
    );
    expect(
      [...text.matchAll(/v128\.const i32x4 ([0-9a-fx ]+)/g)].map(([, words]) => words),
    ).toEqual([
      "0x3f800000 0xc0000000 0x3f000000 0x00000000",
      "0x80000000 0x80000000 0x80000000 0x80000000",
      "0x00000000 0x3ff00000 0x00000000 0xbff00000",
      "0x00000001 0xffffffff 0x00000002 0x80000000",
      "0xfffffffe 0xffffffff 0xfffffffe 0xffffffff",
      "0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c",
    ]);
    const bytes = [31, 0, 30, 1, 29, 2, 28, 3, 27, 4, 26, 5, 25, 6, 24, 7];
    expect(disassemble((f) => f.shuffle(bytes))).toEqual([`i8x16.shuffle ${bytes.join(" ")}`]);
  });
});

/** What a function of one integer and of the module's builder returns. */
function evaluate(body: (f: FunctionBuilder, x: Local, result: Local) => void) {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
  const ref = module.function(["i32"], ["i32"], (f) => {
    const result = f.i32(0).keep("i32");
    body(f, f.params[0], result);
    f.get(result);
  });
  module.export("run", ref);
  const bytes = module.toBytes();
  expect(() => reader.readWasm(bytes, enabled).validate()).not.toThrow();
  const imports = { env: { memory: new engine.Memory({ initial: 1, maximum: 1 }) } };
  const { exports } = new engine.Instance(new engine.Module(bytes), imports);
  return exports.run as (x: number) => number;
}

describe("control", () => {
  const addTo = (f: FunctionBuilder, result: Local, n: number) =>
    f.get(result).i32(n).op("i32.add").set(result);

  test("forLess runs below its end, not at all if it begins there", () => {
    const run = evaluate((f, x, result) => {
      const i = f.i32(2).keep("i32");
      f.forLess(i, x, 3, () => addTo(f, result, 1));
      f.get(result).i32(100).op("i32.mul").get(i).op("i32.add").set(result);
    });
    // Rounds · 100 + where i stopped.
    expect([-5, 2, 3, 5, 6, 20].map(run)).toEqual([2, 2, 105, 105, 208, 620]);
  });

  test("if, else, and branches out of nested blocks", () => {
    const run = evaluate((f, x, result) => {
      f.block((outer) => {
        f.block((inner) => {
          f.get(x).op("i32.eqz").brIf(inner);
          f.get(x).i32(1).op("i32.eq");
          f.if(
            () => {
              addTo(f, result, 10);
              f.br(outer);
            },
            () => addTo(f, result, 20),
          );
          addTo(f, result, 1);
          f.br(outer);
        });
        addTo(f, result, 5);
      });
    });
    expect([0, 1, 2].map(run)).toEqual([5, 10, 21]);
  });

  test("interleaved parts take turns, share no locals, and compute what they would alone", () => {
    const run = evaluate((f, x, result) => {
      const ends: Local[] = [];
      const part = (n: number, from: Local) => () => {
        const twice = f.scope(() => {
          f.cut();
          const once = f.get(from).i32(n).op("i32.mul").keep("i32");
          f.cut();
          return f.get(once).get(once).op("i32.add").keep("i32");
        });
        f.cut();
        // A block is one piece, whatever is cut in it.
        f.get(from).if(() => {
          f.cut();
          addTo(f, twice, 1);
        });
        ends.push(f.get(twice).keep("i32"));
      };
      f.interleave([part(1, x), part(10, x), part(100, x)]);
      for (const end of ends) f.get(result).get(end).op("i32.add").set(result);
    });
    expect([0, 1, 3].map(run)).toEqual([0, 2 + 20 + 200 + 3, 6 + 60 + 600 + 3]);
    const pieces = disassemble((f) => {
      const part = (n: number) => () => {
        f.cut();
        f.i32(n).op("drop");
        f.cut();
        f.i32(n + 1).op("drop");
      };
      f.interleave([part(10), part(20)]);
    });
    expect(pieces.filter((line) => line !== "drop").map((line) => line.split(" ")[1])).toEqual([
      "10",
      "20",
      "11",
      "21",
    ]);
  });

  test("a scope's locals are used again, others are not", () => {
    const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
    module.function(["i32"], [], (f) => {
      const kept = f.local("v128");
      const inner = f.scope(() => f.local("v128"));
      expect(f.local("v128").index).toBe(inner.index);
      expect(f.local("v128").index).not.toBe(inner.index);
      expect(kept.index).toBe(1);
      expect(f.local("i32").index).toBeGreaterThan(inner.index);
    });
  });
});

test("the vector code of every function is valid, and wabt would write the same", () => {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
  const host = importHostFunctions(module);
  const features = { relaxedSimd: false };
  const ctx = { module, features, wide: null, host, failureAddress: 0, maxThreads: 1 };
  for (const dtype of ["float32", "float64", "int32", "bool"] as const) {
    for (const { name, yieldsBool, float } of Object.values(primitives)) {
      const result = yieldsBool ? "bool" : dtype;
      const args = Array.from({ length: name === "select" ? 3 : float.length }, (_, i) => i);
      const types = args.map((i) => (name === "select" && i === 0 ? "bool" : dtype));
      module.function(["v128", "v128", "v128"], ["v128"], (f) => {
        const instr = { kind: "call", dtype: result, fn: name, args } as const;
        f.get(
          emitInstr(
            ctx,
            f,
            dtype === "float64" ? 2 : 4,
            instr,
            args.map((i) => f.params[i]),
            types,
          ),
        );
      });
    }
  }
  module.export("lent", host.get("sin")!);
  const bytes = module.toBytes();
  expect(engine.validate(bytes)).toBe(true);
  const read = reader.readWasm(bytes, enabled);
  expect(() => read.validate()).not.toThrow();
  expect(read.toBinary({ canonicalize_lebs: true }).buffer).toEqual(bytes);
});

test("imports, shared functions and exports are found by their numbers", () => {
  const module = new ModuleBuilder({ initial: 1, maximum: 2, shared: true });
  const twice = module.import("twice", ["f64"], ["f64"]);
  const addOne = () =>
    module.shared("one more", () =>
      module.function(["f64"], ["f64"], (f) => {
        f.get(f.params[0]).f64(1).op("f64.add");
      }),
    );
  expect(addOne()).toBe(addOne());
  const ref = module.function(["f64"], ["f64"], (f) => {
    f.get(f.params[0]).call(twice).call(addOne());
  });
  module.export("run", ref);
  expect(() => module.import("late", [], [])).toThrow("imports come before functions");
  const memory = new engine.Memory({ initial: 1, maximum: 2, shared: true });
  const imports = { env: { memory, twice: (x: number) => 2 * x } };
  const made = new engine.Module(module.toBytes());
  expect((new engine.Instance(made, imports).exports.run as (x: number) => number)(20)).toBe(41);
  expect(textOf(module.toBytes())).toMatch(/import "env" "memory" \(memory .* 1 2 shared\)/);
});

test("calls of a table's functions, declared after functions were written", () => {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: true });
  expect(module.importsTable).toBe(false);
  const run = module.function(["i32"], ["i32"], (f) => {
    f.get(f.params[0]).call(module.tableFunction(2, ["i32"], ["i32"]));
  });
  module.export("run", run);
  expect(module.importsTable).toBe(true);
  const bytes = module.toBytes();
  expect(textOf(bytes)).toContain('(import "env" "functions" (table (;0;) 3 funcref))');
  expect(textOf(bytes)).toMatch(/i32\.const 2\s+call_indirect \(type 0\)/);
  const shared = new engine.Memory({ initial: 1, maximum: 1, shared: true });
  const table = new engine.Table({ element: "anyfunc", initial: 3 });
  const run7 = (): unknown => {
    const env = { memory: shared, functions: table };
    const { exports } = new engine.Instance(new engine.Module(bytes), { env });
    return (exports.run as (x: number) => number)(7);
  };
  expect(run7).toThrow(/null|uninitialized|signature/);
  const doubling = new ModuleBuilder({ initial: 1, maximum: 1, shared: true });
  doubling.export(
    "double",
    doubling.function(["i32"], ["i32"], (f) => {
      const [x] = f.params;
      f.get(x).get(x).op("i32.add");
    }),
  );
  const other = new engine.Module(doubling.toBytes());
  table.set(2, new engine.Instance(other, { env: { memory: shared } }).exports.double);
  expect(run7()).toBe(14);
});
