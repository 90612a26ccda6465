// Pads and concatenations as one thing: boxes of a result that inputs are put into. The gradients of
// slices are pads that are added up; where their boxes are apart, the sum is but one more assembly.
import { sizeOf } from "@wengert/autograd/compiler";
import { isWholeRef } from "../graph/builder.ts";
import type { AssembleKernel, Box, Graph, Node, Ref } from "../graph/graph.ts";
import { isPositive } from "../size/scope.ts";
import { rebuild } from "./simplify.ts";

/** Every pad and every concatenation as an assembly. */
export const assemble = (graph: Graph): Graph =>
  rebuild(graph, (node) => assembled(node) ?? "keep");

/** Sums of zero-padded tensors whose boxes are apart become one assembly. */
export function joinAssembled(graph: Graph): Graph {
  const nodes: Node[] = [];
  return rebuild(assemble(graph), (node) => {
    const joined = join(node, nodes);
    nodes.push(joined ?? node);
    return joined ?? "keep";
  });
}

function assembled(node: Node): Node | null {
  if (node.kind !== "kernel") return null;
  const { kernel, inputs, shape } = node;
  if (kernel.kind === "concat") {
    let start = 0;
    const boxes = inputs.map((ref) => {
      const box = {
        starts: shape.map((_, d) => (d === kernel.axis ? start : 0)),
        steps: shape.map(() => 1),
      };
      start += ref.shape[kernel.axis];
      return box;
    });
    return { ...node, kernel: { kind: "assemble", boxes, fill: null } };
  }
  if (kernel.kind !== "pad") return null;
  const { low, high, interior, value } = kernel;
  const [x] = inputs;
  const steps = interior.map((gap) => gap + 1);
  // What negative widths cut off is not copied.
  const first = low.map((width, d) => Math.ceil(Math.max(0, -width) / steps[d]));
  const last = x.shape.map((n, d) =>
    Math.min(n - 1, Math.floor((shape[d] - 1 - low[d]) / steps[d])),
  );
  const dims = x.shape.map((_, d) => Math.max(0, last[d] - first[d] + 1));
  const offset = x.strides.reduce((sum, stride, d) => sum + stride * first[d], x.offset);
  const input: Ref = { ...x, shape: dims, offset: sizeOf(dims) === 0 ? 0 : offset };
  const starts = low.map((width, d) => width + first[d] * steps[d]);
  const isCovered = [...low, ...high, ...interior].every((width) => width <= 0);
  const fill = isCovered ? null : value;
  return {
    ...node,
    inputs: [input],
    kernel: { kind: "assemble", boxes: [{ starts, steps }], fill },
  };
}

type Assembly = Extract<Node, { kind: "kernel" }> & { readonly kernel: AssembleKernel };

function join(node: Node, nodes: readonly Node[]): Node | null {
  if (node.kind !== "kernel" || node.kernel.kind !== "map" || node.inputs.length !== 2) return null;
  const { expr } = node.kernel;
  const isSum =
    expr.kind === "call" &&
    expr.fn.name === "add" &&
    expr.args.every((arg, i) => arg.kind === "input" && arg.index === i);
  if (!isSum) return null;
  const [a, b] = node.inputs.map((ref) => zeroPadded(ref, nodes));
  if (!a || !b || a.shape.join() !== node.shape.join() || b.shape.join() !== node.shape.join())
    return null;
  const inputs = [...a.inputs, ...b.inputs];
  const boxes = [...a.kernel.boxes, ...b.kernel.boxes];
  const areApart = a.kernel.boxes.every((x, i) =>
    b.kernel.boxes.every((y, j) => isApart(x, a.inputs[i], y, b.inputs[j])),
  );
  if (!areApart) return null;
  const covered = inputs.reduce((sum, ref) => sum + sizeOf(ref.shape), 0);
  const fill = covered === sizeOf(node.shape) ? null : 0;
  return { ...node, inputs, kernel: { kind: "assemble", boxes, fill } };
}

function zeroPadded(ref: Ref, nodes: readonly Node[]): Assembly | null {
  const node = nodes[ref.node];
  if (node.kind !== "kernel" || node.kernel.kind !== "assemble" || !isWholeRef(ref, node))
    return null;
  return node.kernel.fill === 0 ? (node as Assembly) : null;
}

/** Whether two boxes are apart along some axis. */
const isApart = (x: Box, a: Ref, y: Box, b: Ref): boolean =>
  x.starts.some((start, d) => {
    const end = start + (a.shape[d] - 1) * x.steps[d];
    const otherEnd = y.starts[d] + (b.shape[d] - 1) * y.steps[d];
    return isPositive(y.starts[d] - end) || isPositive(start - otherEnd);
  });
