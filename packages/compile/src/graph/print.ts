import { showShape } from "@wengert/autograd/compiler";
import { isWholeRef } from "./builder.ts";
import type { Graph, Node, Ref } from "./graph.ts";

/** A graph as text, one node a line: `%7 = map float32 [64, 256] (%5, %6) of relu`. */
export function printGraph(graph: Graph): string {
  const show = (ref: Ref): string => {
    const node = graph.nodes[ref.node];
    if (isWholeRef(ref, node)) return `%${ref.node}`;
    return `%${ref.node}${showShape(ref.shape)}·${showShape(ref.strides)}${ref.offset ? `+${ref.offset}` : ""}`;
  };
  const lines = graph.nodes.map((node, i) => `%${i} = ${describe(node, show)}`);
  lines.push(`return ${graph.outputs.map(show).join(", ")}`);
  for (const { cell, value } of graph.stores) lines.push(`cell ${cell} ← %${value}`);
  return lines.join("\n");
}

function describe(node: Node, show: (ref: Ref) => string): string {
  const type = `${node.dtype} ${showShape(node.shape)}`;
  if (node.kind === "kernel") {
    return `${node.kernel.kind} ${type} (${node.inputs.map(show).join(", ")}) of ${node.origin}`;
  }
  const { source } = node;
  if (source.kind !== "constant") return `${source.kind} ${source.index} ${type}`;
  return `constant ${type}${source.data.length === 1 ? ` = ${source.data[0]}` : ""}`;
}
