// What must hold of every graph, checked between passes in tests and once per program.
import { sizeOf } from "@wengert/autograd/compiler";
import { isSymbolic } from "../size/scope.ts";
import type { Graph, Ref } from "./graph.ts";

/** @throws Error for a graph that is none: a defect of a pass, not of the user's function. */
export function verify(graph: Graph, after: string): Graph {
  const fail = (what: string): never => {
    throw new Error(`after ${after}: ${what}`);
  };
  const sizes = graph.nodes.map(({ shape }) => sizeOf(shape));
  const check = (ref: Ref, limit: number, whose: string, number: number): void => {
    const { node, shape, strides, offset } = ref;
    if (!(node >= 0 && node < limit))
      fail(`${whose} ${number} refers to node ${node}, which is not before it`);
    if (strides.length !== shape.length)
      fail(`${whose} ${number} has ${strides.length} strides for [${shape}]`);
    let low = offset;
    let high = offset;
    for (let d = 0; d < shape.length; d++) {
      if (shape[d] === 0) return;
      const reach = strides[d] * (shape[d] - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    const size = sizes[node];
    // A table may have an end that the sizes which come do not reach: recording each of them tells.
    const isInside = low >= 0 && (high < size || isSymbolic(high - size));
    if (!isInside) fail(`${whose} ${number} looks at ${low} … ${high} of ${size} elements`);
  };
  graph.nodes.forEach(({ inputs }, i) => {
    for (let k = 0; k < inputs.length; k++) check(inputs[k], i, "node", i);
  });
  graph.outputs.forEach((ref, i) => check(ref, graph.nodes.length, "output", i));
  for (const { cell, value } of graph.stores) {
    if (!graph.nodes[value]) fail(`cell ${cell} takes node ${value}, which does not exist`);
  }
  return graph;
}
