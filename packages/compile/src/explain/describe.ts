// What a group does, in a line for people.
import { showShape } from "@wengert/autograd/compiler";
import type { ContractionAxis, LoopKernel } from "../plan/ir.ts";
import type { Group, TurnsGroup } from "../plan/group.ts";
import type { KernelKind } from "./types.ts";

export function kindOf(group: Group): KernelKind {
  if (group.kind !== "loop") return group.kind;
  return reductions(group.kernel).length > 0 ? "map-reduce" : "map";
}

export function describe(group: Group): string {
  switch (group.kind) {
    case "loop":
      return describeLoop(group.kernel);
    case "contract": {
      const { batch, m, n, k } = group.kernel;
      const [rows, columns, depth] = [m, n, k].map(extents);
      const factors = `[${rows}, ${depth}] × [${depth}, ${columns}]`;
      return batch.length > 0 ? `${extents(batch)} of ${factors}` : factors;
    }
    case "scatter": {
      const { combine, dims, axisSize } = group.kernel;
      return `${showShape(dims)} ${combine === "add" ? "added" : "put"} along an axis of ${axisSize}`;
    }
    case "scan": {
      const { dims } = group.kernel;
      return `${showShape(dims)} along the last axis`;
    }
    case "turns":
      return `${group.length} times ${counted(group)}`;
    case "host": {
      const shapes = group.shapes.map((shape) => showShape(shape));
      return `${shapes.slice(0, -1).join(", ")} → ${shapes.at(-1)}`;
    }
  }
}

const counted = ({ body: { groups } }: TurnsGroup): string =>
  `${groups.length} ${groups.length === 1 ? "kernel" : "kernels"}: ${groups.map(kindOf).join(", ")}`;

function describeLoop(kernel: LoopKernel): string {
  const { dims, rowDims } = kernel;
  const ops = [...new Set(reductions(kernel))];
  if (ops.length === 0) return showShape(dims);
  const outer = dims.slice(0, dims.length - rowDims);
  const row = `${ops.join(", ")} over ${showShape(dims.slice(outer.length))}`;
  return outer.length > 0 ? `${row} for each of ${showShape(outer)}` : row;
}

const reductions = ({ instrs }: LoopKernel): string[] =>
  instrs.flatMap((instr) => (instr.kind === "reduce" ? [instr.op] : []));

/** Of a group of axes, `64·28·28` where there are several: they are one to the contraction. */
const extents = (axes: readonly ContractionAxis[]): string =>
  axes.map(({ size }) => size).join("·") || "1";
