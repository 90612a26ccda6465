// A contraction with its axes by role, and an epilogue that stores the sum.
import { contiguousStrides, contractionRoles } from "@wengert/autograd/compiler";
import type { BandedContractKernel, Graph, Node } from "../graph/graph.ts";
import type { ContractionAxis } from "./ir.ts";
import type { ContractGroup } from "./group.ts";
import { LoopBuilder } from "./loop-builder.ts";

/** What an axis has to do with bands. */
function bandOf(
  label: number,
  { bands = [] }: BandedContractKernel,
): Pick<ContractionAxis, "label" | "band"> {
  const band = bands.find(({ within }) => within === label);
  if (band) {
    const { place, start, step, count } = band;
    return { band: { place, start, step, count } };
  }
  return bands.some(({ place }) => place === label) ? { label } : {};
}

type KernelNode = Extract<Node, { kind: "kernel" }>;

export function contractionGroup(
  graph: Graph,
  node: KernelNode,
  kernel: BandedContractKernel,
  id: number,
): ContractGroup {
  const [a, b] = node.inputs;
  const { dtype, shape } = node;
  const roles = contractionRoles(kernel);
  // A label of one operand that the output lacks is summed over like a common one.
  const lonely = [...new Set([...kernel.a, ...kernel.b])].filter(
    (label) => !kernel.out.includes(label) && !roles.k.includes(label),
  );
  const own = contiguousStrides(shape);
  const axis = (label: number): ContractionAxis => {
    const [i, j] = [kernel.a.indexOf(label), kernel.b.indexOf(label)];
    const size = i >= 0 ? a.shape[i] : b.shape[j];
    const strides = { a: i < 0 ? 0 : a.strides[i], b: j < 0 ? 0 : b.strides[j] };
    return { size, ...strides, ...bandOf(label, kernel) };
  };
  // Axes of extent 1 change nothing.
  const long = (labels: readonly number[]) => labels.filter((label) => axis(label).size !== 1);
  const groups = {
    batch: long(roles.batch),
    m: long(roles.m),
    n: long(roles.n),
    k: long([...roles.k, ...lonely]),
  };
  const axes = Object.fromEntries(
    Object.entries(groups).map(([name, labels]) => [name, labels.map(axis)]),
  ) as Record<keyof typeof groups, ContractionAxis[]>;
  const outer = [...groups.batch, ...groups.m, ...groups.n];
  const dims = [...axes.batch, ...axes.m, ...axes.n].map(({ size }) => size);
  const loop = new LoopBuilder(graph, dims);
  const acc = loop.carry(dtype);
  loop.store(
    acc,
    dtype,
    id,
    outer.map((label) => own[kernel.out.indexOf(label)]),
    0,
  );
  const { operands, bindings, stores } = loop;
  return {
    kind: "contract",
    kernel: {
      dtype,
      ...axes,
      epilogue: { dims, rowDims: 0, operands, instrs: loop.body.instrs, stores },
    },
    a: { buffer: a.node, offset: a.offset },
    b: { buffer: b.node, offset: b.offset },
    bindings,
    origins: [node.origin],
  };
}
