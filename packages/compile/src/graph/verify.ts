// What must hold of every graph, checked between passes in tests and once per program.
import { sizeOf } from "@wengert/autograd/compiler";
import { isSymbolic } from "../size/scope.ts";
import type { Graph, Ref } from "./graph.ts";

/** @throws Error for a graph that is none: a defect of a pass, not of the user's function. */
export function verify(graph: Graph, after: string): Graph {
  const fail = (what: string): never => {
    throw new Error(`after ${after}: ${what}`);
  };
  const check = (ref: Ref, limit: number, whose: string): void => {
    const { node, shape, strides, offset } = ref;
    if (!(node >= 0 && node < limit))
      fail(`${whose} refers to node ${node}, which is not before it`);
    if (strides.length !== shape.length)
      fail(`${whose} has ${strides.length} strides for [${shape}]`);
    if (sizeOf(shape) === 0) return;
    const reach = shape.map((n, d) => strides[d] * (n - 1));
    const low = reach.reduce((sum, r) => sum + Math.min(0, r), offset);
    const high = reach.reduce((sum, r) => sum + Math.max(0, r), offset);
    const size = sizeOf(graph.nodes[node].shape);
    // A table may have an end that the sizes which come do not reach: recording each of them tells.
    const isInside = low >= 0 && (high < size || isSymbolic(high - size));
    if (!isInside) fail(`${whose} looks at ${low} … ${high} of ${size} elements`);
  };
  graph.nodes.forEach((node, i) => node.inputs.forEach((ref) => check(ref, i, `node ${i}`)));
  graph.outputs.forEach((ref, i) => check(ref, graph.nodes.length, `output ${i}`));
  for (const { cell, value } of graph.stores) {
    if (!graph.nodes[value]) fail(`cell ${cell} takes node ${value}, which does not exist`);
  }
  return graph;
}
