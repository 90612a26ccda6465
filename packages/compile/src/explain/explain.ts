// Puts together what is known of a program: what it was compiled to, and what was measured.
import { dtypeInfo } from "@wengert/autograd/compiler";
import { profile } from "../program/profile.ts";
import type { CompiledProgram } from "../program/program.ts";
import { workOf } from "./count.ts";
import { describe, kindOf } from "./describe.ts";
import { renderHtml } from "./html.ts";
import { renderSvg } from "./svg.ts";
import { renderText } from "./text.ts";
import type { Explanation, KernelReport, Report } from "./types.ts";

/** Explains a program by the arguments of its latest call. What the program works on stays as it is. */
export function explain(
  program: CompiledProgram,
  name: string,
  facts: Pick<Report, "compilations" | "symbolic">,
  warmUpMs: number,
): Explanation {
  const report = reportOn(program, facts, warmUpMs);
  return {
    ...report,
    toString: () => renderText(report),
    toHtml: (title = name) => renderHtml(report, title),
    toSvg: () => renderSvg(report),
  };
}

function reportOn(
  program: CompiledProgram,
  facts: Pick<Report, "compilations" | "symbolic">,
  warmUpMs: number,
): Report {
  const { presentPlan: plan, arena, emitter, moduleBytes } = program;
  const { threads, milliseconds, barriers, spans } = profile(program, warmUpMs);
  const kernels = plan.groups.map((group, i): KernelReport => {
    const { flops, bytes } = workOf(group, plan);
    const microseconds = Math.max(0, ...spans[i].map((span) => span?.microseconds ?? 0));
    return {
      kind: kindOf(group),
      ops: group.origins,
      description: describe(group),
      flops,
      bytes,
      microseconds,
      gflops: microseconds > 0 ? flops / microseconds / 1e3 : 0,
      isSerial: emitter.isSerial(i),
      spans: spans[i],
    };
  });
  const constants = plan.buffers.map(({ role, dtype, size }) =>
    role.kind === "constant" ? size * dtypeInfo(dtype).bytes : 0,
  );
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
  return {
    kernels,
    flops: sum(kernels.map((kernel) => kernel.flops)),
    bytes: sum(kernels.map((kernel) => kernel.bytes)),
    arenaBytes: arena.bytes,
    arenaLowerBound: arena.lowerBound,
    moduleBytes,
    constantsBytes: sum(constants),
    vectorBits: emitter.hasWideVectors ? 256 : 128,
    threads,
    milliseconds,
    barriers,
    hostOps: kernels.flatMap(({ kind, ops }) => (kind === "host" ? ops : [])),
    ...facts,
  };
}
