// Loop kernels as WebAssembly functions.
import type { FunctionBuilder } from "../../wasm/function.ts";
import { dropUnitDims } from "../../plan/reshape-loop.ts";
import type { CodegenContext } from "../context.ts";
import type { EmittedKernel, LoopKernel } from "../ir.ts";
import { nestOf } from "./nest.ts";
import { emitPhase } from "./phase.ts";
import { phasesOf } from "./phases.ts";
import type { Plan } from "./plan.ts";
import { Scratch } from "./scratch.ts";

/** The functions that run a kernel; one phase, but for a few long rows. */
export function emitLoop(ctx: CodegenContext, kernel: LoopKernel): EmittedKernel {
  const scratch = new Scratch();
  const plans = plansOf(kernel, scratch, ctx.maxThreads);
  const phases = plans.map((plan) => emitPhase(ctx, plan, kernel.operands.length));
  if (phases.length === 0) phases.push(emptyPhase(ctx, kernel.operands.length));
  return { phases, scratchBytes: scratch.bytes };
}

/** Whether only thread 0 has something to do in a kernel: then what follows on thread 0 need not wait
 *  for others. */
export function isSerial(kernel: LoopKernel): boolean {
  // Whether there is something to share does not depend on the number of those who share it.
  return plansOf(kernel, new Scratch(), 2).every(({ order }) => order.shared === "nothing");
}

function plansOf(kernel: LoopKernel, scratch: Scratch, maxThreads: number): readonly Plan[] {
  // A stride along a dim of extent 1 does not make a value one of the row.
  const nest = nestOf(dropUnitDims(kernel));
  return nest ? phasesOf(nest, scratch, maxThreads) : [];
}

function emptyPhase(ctx: CodegenContext, operands: number) {
  const params = new Array<"i32">(operands + 3).fill("i32");
  return ctx.module.function(params, [], (_: FunctionBuilder) => {});
}
