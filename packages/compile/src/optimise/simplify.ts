// Passes over the graph: what nobody needs goes, what is computed twice is computed once, what does
// not depend on a call is computed now.
import { Tensor, type Expr, type Spec } from "@wengert/autograd";
import { fast, layoutOf, sizeOf, Storage } from "@wengert/autograd/compiler";
import type { Graph, Node, Ref, Source } from "../graph/graph.ts";

/** Without nodes that neither an output nor a store depends on. */
export function removeDead(graph: Graph): Graph {
  const isLive = new Uint8Array(graph.nodes.length);
  const cells = new Set(graph.stores.map(({ cell }) => cell));
  for (const { node } of graph.outputs) isLive[node] = 1;
  for (const { value } of graph.stores) isLive[value] = 1;
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (mayFail(node)) isLive[i] = 1;
    // A cell that is written must have its node, even if nobody reads it.
    if (node.kind === "source" && node.source.kind === "cell" && cells.has(node.source.index)) {
      isLive[i] = 1;
    }
    if (isLive[i]) for (const ref of node.inputs) isLive[ref.node] = 1;
  }
  return rebuild(graph, (_, i) => (isLive[i] === 1 ? "keep" : "drop"));
}

/** A check counts even where nobody needs what is computed after it; so does a call of the host. */
const mayFail = (node: Node): boolean =>
  node.kind === "kernel" &&
  (["gather", "scatter", "scatterAdd", "host"].includes(node.kernel.kind) ||
    (node.kernel.kind === "turns" && node.kernel.body.nodes.some(mayFail)));

/** Equal computations on equal inputs are one. Host functions are left alone: they may have effects. */
export function shareEqual(graph: Graph): Graph {
  const known = new Map<string, number>();
  return rebuild(graph, (node, _, number) => {
    if (node.kind === "source" ? !isSmallConstant(node) : isUnique(node.kernel.kind)) return "keep";
    const key = keyOf(node);
    const same = known.get(key);
    if (same !== undefined) return same;
    known.set(key, number);
    return "keep";
  });
}

/** Loops are long to compare and hardly ever the same. */
const isUnique = (kind: string): boolean => kind === "host" || kind === "turns";

const isSmallConstant = (node: Node): boolean =>
  node.kind === "source" && node.source.kind === "constant" && sizeOf(node.shape) <= maxFolded;

/** Larger constants are not made: they would be data that is quicker computed than read. */
const maxFolded = 1024;

/** Kernels of constants alone become constants. */
export function fold(graph: Graph): Graph {
  const nodes: Node[] = [];
  return rebuild(graph, (node) => {
    const folded = foldNode(node, nodes);
    nodes.push(folded);
    return folded === node ? "keep" : folded;
  });
}

function foldNode(node: Node, nodes: readonly Node[]): Node {
  if (node.kind !== "kernel" || node.inputs.length === 0 || sizeOf(node.shape) > maxFolded)
    return node;
  const { kernel } = node;
  if (
    kernel.kind === "host" ||
    kernel.kind === "update" ||
    kernel.kind === "assemble" ||
    kernel.kind === "gather" ||
    kernel.kind === "barrier" ||
    kernel.kind === "turns" ||
    kernel.kind === "part"
  )
    return node;
  const sources = node.inputs.map((ref) => nodes[ref.node]);
  const inputs: Tensor[] = [];
  for (const [i, source] of sources.entries()) {
    if (source.kind !== "source" || source.source.kind !== "constant") return node;
    const { shape, strides, offset } = node.inputs[i];
    const storage = new Storage(source.source.data);
    inputs.push(new Tensor(layoutOf(source.dtype, shape, strides), storage, offset));
  }
  const { shape, dtype, origin } = node;
  const specs: Spec[] = inputs.map((tensor) => ({
    shape: tensor.shape as number[],
    dtype: tensor.dtype,
  }));
  const program = {
    inputs: specs,
    steps: [{ kernel, inputs: specs.map((_, i) => i), spec: { shape, dtype } }],
    outputs: [specs.length],
  };
  const plan = fast.prepare(
    program,
    inputs.map((tensor) => tensor.layout),
  );
  const { data } = plan(inputs)[0];
  return { kind: "source", source: { kind: "constant", data }, shape, dtype, origin, inputs: [] };
}

/** Distinct for kernels that compute something else or from something else. */
function keyOf({ shape, dtype, inputs, ...rest }: Node): string {
  const kernel = rest.kind === "kernel" ? rest.kernel : contentOf(rest.source);
  return JSON.stringify([shape, dtype, inputs, kernel], (key, value: unknown) => {
    if (key === "fn") return (value as Extract<Expr, { kind: "call" }>["fn"]).name;
    if (typeof value !== "number") return value;
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : `${Object.is(value, -0) ? "-0" : value}`;
  });
}

const contentOf = (source: Source): readonly number[] =>
  source.kind === "constant" ? [...source.data] : [];

/** A graph anew: each node is kept, dropped, replaced, or another (new) number stands for it.
 *  `decide` is given the node with its inputs renumbered, its old and its new number. */
export function rebuild(
  graph: Graph,
  decide: (node: Node, old: number, next: number) => "keep" | "drop" | Node | number,
): Graph {
  const nodes: Node[] = [];
  const numbers: number[] = [];
  const move = (ref: Ref): Ref => ({ ...ref, node: numbers[ref.node] });
  graph.nodes.forEach((old, i) => {
    const node = { ...old, inputs: old.inputs.map(move) };
    const decision = decide(node, i, nodes.length);
    if (typeof decision === "number") numbers.push(decision);
    else if (decision === "drop") numbers.push(-1);
    else numbers.push(nodes.push(decision === "keep" ? node : decision) - 1);
  });
  const stores = graph.stores.map(({ cell, value }) => ({ cell, value: numbers[value] }));
  return { nodes, outputs: graph.outputs.map(move), stores };
}
