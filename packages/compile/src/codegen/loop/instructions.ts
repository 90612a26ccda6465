// The values of a loop: each instruction at the place in the loops where it belongs.
import { isSymbolic } from "../../size/scope.ts";
import type { FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import { emitInstr } from "../vector/index.ts";
import { loadAt, loadFrom } from "./memory.ts";
import { argsOf, type NestInstr } from "./nest.ts";
import { hasWholeBlocks } from "./plan.ts";
import { copiesAt, isVector, laneMask, laneStride, lanesAt, valueAt, type Point } from "./point.ts";
import { isTurned, loadTurned } from "./turned.ts";
import { threefryBlocks, threefryFunction } from "./threefry.ts";

/** Computes a value from those that are known at the point. */
export function emitValue(point: Point, value: number): void {
  const copies = isVector(point, value) ? copiesAt(point) : 1;
  const instr = point.plan.order.nest.instrs[value];
  if (
    instr.kind === "random" &&
    copies > 1 &&
    hasWholeBlocks(point.plan.order, point.plan.lanes, instr.stream)
  ) {
    point.values.set(value, emitBlocks(point, instr, copies));
    return;
  }
  if (instr.kind === "load" && isTurned(point, instr.operand)) {
    point.values.set(value, loadTurned(point, instr.operand));
    return;
  }
  const locals: Local[] = [];
  const emit = Array.from({ length: copies }, (_, copy) => () => {
    locals[copy] = emitCopy(point, value, copy);
  });
  if (instr.kind === "call") point.f.interleave(emit);
  else for (const it of emit) it();
  point.values.set(value, locals);
}

function emitCopy(point: Point, value: number, copy: number): Local {
  const { ctx, f, plan } = point;
  const instr = plan.order.nest.instrs[value];
  switch (instr.kind) {
    case "load":
      return loadAt(point, instr.operand, copy);
    case "index":
      return emitNumbers(point, instr.stream, copy);
    case "random":
      f.get(point.pointers[instr.operand]);
      f.get(emitNumbers(point, instr.stream, copy)).call(threefryFunction(ctx));
      return f.keep("v128");
    case "locate":
      return emitLocate(point, instr, copy);
    case "gather":
      return emitGather(point, instr, copy);
    case "reduce":
      throw new Error("reductions belong to a pass, not to a place in it");
    case "const":
    case "call":
    case "cast": {
      const { instrs } = plan.order.nest;
      const args = argsOf(instr);
      const constants = args.map((arg) => {
        const from = instrs[arg];
        return from.kind === "const" ? from.value : undefined;
      });
      return emitInstr(
        ctx,
        f,
        plan.lanes,
        instr,
        args.map((arg) => valueAt(point, arg, copy)),
        args.map((arg) => instrs[arg].dtype),
        constants,
      );
    }
  }
}

/** Random words of neighbours, two vectors from each four blocks. */
function emitBlocks(
  point: Point,
  { operand, stream }: NestInstr & { readonly kind: "random" },
  copies: number,
): Local[] {
  const { ctx, f } = point;
  const result: Local[] = [];
  for (let copy = 0; copy < copies; copy += 2) {
    f.get(point.pointers[operand]).get(point.pointers[stream]).op("i32x4.splat");
    f.i32x4(...([0, 2, 4, 6].map((word) => word + copy * 4) as [number, number, number, number]));
    f.op("i32x4.add").call(threefryBlocks(ctx));
    const odd = f.keep("v128");
    const even = f.keep("v128");
    for (const first of [0, 8].slice(0, copies - copy)) {
      const word = (at: number) => [0, 1, 2, 3].map((byte) => at + byte);
      f.get(even).get(odd);
      f.shuffle([first, first + 16, first + 4, first + 20].flatMap(word));
      result.push(f.keep("v128"));
    }
  }
  return result;
}

/** The numbers of a counter in the lanes of a vector. */
export function emitNumbers(point: Point, stream: number, copy: number): Local {
  const { f, plan } = point;
  const stride = laneStride(point, stream);
  f.get(point.pointers[stream]).op("i32x4.splat");
  if (stride !== 0) {
    const first = copy * plan.lanes * stride;
    f.i32x4(first, first + stride, first + 2 * stride, first + 3 * stride).op("i32x4.add");
  }
  return f.keep("v128");
}

/** Bytes from the operand's address to the element, and 0 where the index is out of range. */
function emitLocate(
  point: Point,
  { index, size, site, byteStride }: NestInstr & { readonly kind: "locate" },
  copy: number,
): Local {
  const { ctx, f, plan } = point;
  let indices = valueAt(point, index, copy);
  const count = isVector(point, index) ? lanesAt(point, copy) : plan.lanes;
  if (count < 4 && isVector(point, index)) {
    f.get(indices).v128(laneMask(4, count)).op("v128.and");
    indices = f.keep("v128");
  }
  const inside = f.get(indices).i32x4(size).op("i32x4.lt_u").keep("v128");
  // Lanes that are not in use do not count.
  const used = isVector(point, index) ? count : 1;
  f.get(inside)
    .op("i32x4.bitmask")
    .i32((1 << used) - 1)
    .op("i32.and");
  f.i32((1 << used) - 1).op("i32.ne");
  f.if(() => f.get(indices).get(inside).i32(used).i32(site).i32(size).call(failFunction(ctx)));
  f.get(indices).get(inside).op("v128.and").i32x4(byteStride).op("i32x4.mul");
  return f.keep("v128");
}

/** Records the first index that is out of range, unless some failure is recorded already. */
function failFunction(ctx: CodegenContext): FunctionRef {
  return ctx.module.shared("loop.fail", () =>
    ctx.module.function(["v128", "v128", "i32", "i32", "i32"], [], (f) => {
      const [indices, inside, used, site, size] = f.params;
      const at = f.i32(ctx.failureAddress).keep("i32");
      f.get(at)
        .i32(0)
        .i32(1)
        .memory("i32.atomic.rmw.cmpxchg")
        .if(() => f.op("return"));
      f.get(at).get(site).memory("i32.store", 4);
      f.get(at).get(size).memory("i32.store", 12);
      for (let lane = 3; lane >= 0; lane--) {
        f.i32(lane).get(used).op("i32.lt_s");
        f.get(inside).lane("i32x4.extract_lane", lane).op("i32.eqz", "i32.and");
        f.if(() => f.get(at).get(indices).lane("i32x4.extract_lane", lane).memory("i32.store", 8));
      }
    }),
  );
}

function emitGather(
  point: Point,
  { operand, at, size }: NestInstr & { readonly kind: "gather" },
  copy: number,
): Local {
  const { f, plan } = point;
  if (size === 0) return f.i32x4(0).keep("v128");
  const offsets = valueAt(point, at, copy);
  if (isVector(point, at)) return gatherLanes(point, operand, offsets, copy);
  const address = f.local("i32");
  f.get(offsets).lane("i32x4.extract_lane", 0);
  f.get(point.pointers[operand]).op("i32.add").set(address);
  const scalar = laneStride(point, operand) === 0;
  return loadFrom(scalar ? { ...point, plan, block: null } : point, operand, address, copy);
}

const laneLoads = {
  float32: "v128.load32_lane",
  int32: "v128.load32_lane",
  float64: "v128.load64_lane",
  bool: "v128.load8_lane",
} as const;

/** Each lane from an address of its own. */
function gatherLanes(point: Point, operand: number, offsets: Local, copy: number): Local {
  const { f, plan } = point;
  const { dtype } = plan.streams[operand];
  const stride = laneStride(point, operand);
  const result = f.i32x4(0).keep("v128");
  for (let lane = 0; lane < lanesAt(point, copy); lane++) {
    f.get(offsets).lane("i32x4.extract_lane", lane);
    f.get(point.pointers[operand]).op("i32.add");
    const onward = (copy * plan.lanes + lane) * stride;
    const isAdded = onward < 0 || isSymbolic(onward);
    if (isAdded) f.i32(onward).op("i32.add");
    f.get(result)
      .laneMemory(laneLoads[dtype], lane, isAdded ? 0 : onward)
      .set(result);
  }
  if (dtype !== "bool") return result;
  f.get(result).i32x4(0).op("i8x16.ne", "i16x8.extend_low_i8x16_s", "i32x4.extend_low_i16x8_s");
  return f.keep("v128");
}
