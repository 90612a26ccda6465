// Loop kernels as WebAssembly functions.
import { likely } from "../../size/scope.ts";
import type { FunctionBuilder } from "../../wasm/function.ts";
import { dropUnitDims } from "../../plan/reshape-loop.ts";
import type { CodegenContext, EmittedKernel } from "../context.ts";
import type { LoopKernel } from "../../plan/ir.ts";
import { lanesFor } from "../vector/index.ts";
import { costOfElement } from "./cost.ts";
import { nestOf, product, type Nest } from "./nest.ts";
import { emitPhase } from "./phase.ts";
import { phasesOf } from "./phases.ts";
import { Scratch } from "./scratch.ts";

/** The functions that run a kernel; one phase, but for a few long rows. */
export function emitLoop(ctx: CodegenContext, kernel: LoopKernel): EmittedKernel {
  const scratch = new Scratch();
  const nest = nestFor(kernel);
  const plans = nest ? phasesOf(nest, scratch, ctx.maxThreads) : [];
  const phases = plans.map((plan) => emitPhase(ctx, plan, kernel.operands.length));
  if (phases.length === 0) phases.push(emptyPhase(ctx, kernel.operands.length));
  const cycles = nest ? cyclesOf(nest) : 0;
  return { phases, scratchBytes: scratch.bytes, cycles, pieces: null };
}

/** Whether only thread 0 has something to do in a kernel: then what follows on thread 0 need not wait
 *  for others. */
export function isSerial(kernel: LoopKernel): boolean {
  // Whether there is something to share does not depend on the number of those who share it.
  const nest = nestFor(kernel);
  const plans = nest ? phasesOf(nest, new Scratch(), 2) : [];
  return plans.every(({ order }) => order.shared === "nothing");
}

/** A stride along a dim of extent 1 does not make a value one of the row. */
const nestFor = (kernel: LoopKernel): Nest | null => nestOf(dropUnitDims(kernel));

/** By two of the vectors' instructions in a cycle. */
function cyclesOf(nest: Nest): number {
  const elements = likely(product(nest.outer) * product(nest.row));
  const lanes = lanesFor([...nest.instrs, ...nest.streams].map(({ dtype }) => dtype));
  return (elements * costOfElement(nest)) / (2 * lanes);
}

function emptyPhase(ctx: CodegenContext, operands: number) {
  const params = new Array<"i32">(operands + 4).fill("i32");
  return ctx.module.function(params, [], (_: FunctionBuilder) => {});
}
