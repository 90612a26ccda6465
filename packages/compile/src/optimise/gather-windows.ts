// The gradient of a convolution with respect to its input: products that are added up where windows
// overlap. Where windows are one step apart, each sum can as well be *gathered*, as a convolution of
// the padded cotangent with the flipped kernel: no product is ever written. The zeros of the padding meet
// the kernel, so the sum is the same only where the kernel is finite, which is checked as the program runs.
import { contiguousStrides, sizeOf } from "@wengert/autograd/compiler";
import type { ContractKernel } from "@wengert/autograd";
import { assumeFinite } from "./assume.ts";
import { isWholeRef } from "../graph/builder.ts";
import type { Graph, LabelBand, Node, Ref } from "../graph/graph.ts";

/** More arithmetic than this, with the zeros of the padding, is not worth the memory that it saves. */
const maxFlopsRatio = 3;

type KernelNode = Extract<Node, { kind: "kernel" }>;

/** A sum over overlapping windows: out[u] = Σ_q x[u − start − step·q] · y[q] along one output axis. */
interface Overlap {
  readonly axis: number;
  /** Label of the place of a window, and of the place within. */
  readonly place: number;
  readonly within: number;
  readonly step: number;
  readonly start: number;
}

interface Match {
  readonly overlaps: readonly Overlap[];
  /** For each output axis, its label. */
  readonly out: readonly number[];
}

/** out = overlapAdd(x × y) becomes a contraction of a window of the padded x with y. */
export function gatherWindows(graph: Graph): Graph {
  const nodes: Node[] = [];
  const numbers: number[] = [];
  const move = (ref: Ref): Ref => ({ ...ref, node: numbers[ref.node] });
  for (const old of graph.nodes) {
    const node = { ...old, inputs: old.inputs.map(move) };
    for (const made of rewritten(node, nodes) ?? [node]) nodes.push(made);
    numbers.push(nodes.length - 1);
  }
  const stores = graph.stores.map(({ cell, value }) => ({ cell, value: numbers[value] }));
  return { nodes, outputs: graph.outputs.map(move), stores };
}

/** The check, the pad and the contraction that stand for the node, or null where it is something else. */
function rewritten(node: Node, nodes: readonly Node[]): Node[] | null {
  if (node.kind !== "kernel" || node.kernel.kind !== "overlapAdd") return null;
  const [ref] = node.inputs;
  const product = nodes[ref.node];
  if (product.kind !== "kernel" || product.kernel.kind !== "contract") return null;
  if (!isWholeRef(ref, product) || ref.shape.join() !== product.shape.join()) return null;
  const { kernel } = product;
  const matched = match(node, product.shape, kernel);
  if (!matched) return null;
  const { place, within } = matched.overlaps[0];
  const x = kernel.a.includes(place) ? 0 : 1;
  const labels = [kernel.a, kernel.b];
  const areApart = matched.overlaps.every(
    (it) =>
      labels[x].includes(it.place) &&
      !labels[1 - x].includes(it.place) &&
      labels[1 - x].includes(it.within) &&
      !labels[x].includes(it.within),
  );
  const ratio = (sizeOf(node.shape) * kernelSize(matched, product)) / sizeOf(product.shape);
  if (!areApart || ratio > maxFlopsRatio || within < 0) return null;
  const check = assumeFinite(product.inputs[1 - x], node.dtype, nodes.length);
  return [...check, ...gathered(node, product, kernel, matched, x, nodes.length + check.length)];
}

const kernelSize = ({ overlaps }: Match, product: KernelNode): number => {
  const { out } = product.kernel as ContractKernel;
  return overlaps.reduce((n, { within }) => n * product.shape[out.indexOf(within)], 1);
};

/** Which axes of the result come of which labels. */
function match(node: KernelNode, shape: readonly number[], kernel: ContractKernel): Match | null {
  if (node.kernel.kind !== "overlapAdd") return null;
  const { axes, steps, starts } = node.kernel;
  const overlaps: Overlap[] = [];
  const out: number[] = [];
  for (let axis = 0; axis < node.shape.length; axis++) {
    // A dim of extent 1, such as that of a single group, takes no part.
    const all = [...axes.keys()].filter((d) => axes[d] === axis);
    const long = all.filter((d) => shape[d] !== 1);
    const dims = long.length > 0 ? long : all.slice(0, 1);
    if (dims.length === 1) {
      const [d] = dims;
      const isPlain = steps[d] === 1 && starts[axis] === 0 && shape[d] === node.shape[axis];
      if (!isPlain) return null;
      out.push(kernel.out[d]);
      continue;
    }
    if (dims.length !== 2) return null;
    // Places of windows come first in every window view.
    const [place, within] = dims;
    if (steps[place] !== 1 || steps[within] < 1 || starts[axis] < 0) return null;
    const labels = { place: kernel.out[place], within: kernel.out[within] };
    overlaps.push({ axis, ...labels, step: steps[within], start: starts[axis] });
    out.push(labels.place);
  }
  return overlaps.length > 0 && axes.every((axis) => axis >= 0) ? { overlaps, out } : null;
}

function gathered(
  node: KernelNode,
  product: KernelNode,
  kernel: ContractKernel,
  { overlaps, out }: Match,
  x: number,
  next: number,
): [Node, Node] {
  const labels = x === 0 ? kernel.a : kernel.b;
  const source = product.inputs[x];
  const low = labels.map(() => 0);
  const high = labels.map(() => 0);
  for (const { axis, place, within, step, start } of overlaps) {
    const d = labels.indexOf(place);
    low[d] = start + step * (extent(product, within) - 1);
    high[d] = node.shape[axis] - start - source.shape[d];
  }
  const shape = source.shape.map((n, d) => low[d] + n + high[d]);
  const interior = labels.map(() => 0);
  const { dtype, origin } = node;
  const padded: Node = {
    kind: "kernel",
    kernel: { kind: "pad", low, high, interior, value: 0 },
    shape,
    dtype,
    origin,
    inputs: [source],
  };
  // Along a padded axis, place u and within q read element u + step·(extent − 1 − q).
  const strides = contiguousStrides(shape);
  const window = { shape: [...shape], strides: [...strides], offset: 0 };
  const windowLabels = [...labels];
  const bands: LabelBand[] = [];
  for (const { axis, place, within, step, start } of overlaps) {
    const d = labels.indexOf(place);
    const n = extent(product, within);
    window.shape[d] = node.shape[axis];
    window.shape.push(n);
    window.strides.push(-step * strides[d]);
    window.offset += step * (n - 1) * strides[d];
    windowLabels.push(within);
    bands.push({ place, within, start, step, count: source.shape[d] });
  }
  const windows: Ref = { node: next, ...window };
  const other = product.inputs[1 - x];
  const [a, b] = x === 0 ? [windowLabels, kernel.b] : [kernel.a, windowLabels];
  const contraction: Node = {
    kind: "kernel",
    kernel: { kind: "contract", a, b, out, bands },
    shape: node.shape,
    dtype,
    origin,
    inputs: x === 0 ? [windows, other] : [other, windows],
  };
  return [padded, contraction];
}

const extent = ({ kernel, shape }: KernelNode, label: number): number =>
  shape[(kernel as ContractKernel).out.indexOf(label)];
