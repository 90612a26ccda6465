// From the graph to groups: each kernel becomes one or a few loops of its own. Fusion comes after.
import { contiguousStrides, sizeOf } from "@wengert/autograd/compiler";
import type { DType, Shape } from "@wengert/autograd";
import type { AssembleKernel, CellStore, Graph, Node, Ref } from "../graph/graph.ts";
import { dropUnitDims } from "./reshape-loop.ts";
import type { Operand } from "./ir.ts";
import { contractionGroup } from "./contraction.ts";
import { isInjective } from "./injective.ts";
import { LoopBuilder } from "./loop-builder.ts";
import type { Binding, Buffer, Group, Plan } from "./group.ts";
import { placeBody, resultsOf, type TurnsNode } from "./turns.ts";

type KernelNode = Extract<Node, { kind: "kernel" }>;

/** The buffer of a node has its number; outputs and cells are copied to at the end.
 *  @param bodies the plans of loops, by the numbers of their nodes
 *  @param sites who checks indices: a list that bodies have in common with what is around them */
export function lower(
  graph: Graph,
  bodies: ReadonlyMap<number, Plan> = new Map(),
  sites: string[] = [],
): Plan {
  const lowering = new Lowering(graph, bodies, sites);
  graph.nodes.forEach((node, id) => {
    if (node.kind === "kernel") lowering.kernel(node, id);
  });
  const outputs = graph.outputs.map((ref) => lowering.output(ref));
  // Cells take their values all at once: what a cell held is read before another value overwrites it.
  const sources = graph.stores.map((store) => lowering.storeSource(store));
  graph.stores.forEach((store, i) => lowering.store(store, sources[i]));
  return { buffers: lowering.buffers, groups: lowering.groups, outputs, sites: lowering.sites };
}

class Lowering {
  readonly buffers: Buffer[];
  readonly groups: Group[] = [];
  readonly sites: string[];
  private readonly graph: Graph;
  private readonly bodies: ReadonlyMap<number, Plan>;
  /** Indices that a gather has checked against a size. */
  private readonly checked = new Set<string>();
  /** By cell: the node that is what it holds when the call begins. */
  private readonly cellNodes: number[] = [];
  /** Those of these nodes whose cell takes another value. */
  private readonly overwritten: ReadonlySet<number>;

  constructor(graph: Graph, bodies: ReadonlyMap<number, Plan>, sites: string[]) {
    this.graph = graph;
    this.bodies = bodies;
    this.sites = sites;
    this.buffers = graph.nodes.map((node) => ({
      dtype: node.dtype,
      size: sizeOf(node.shape),
      role:
        node.kind === "kernel"
          ? { kind: "temporary" }
          : node.source.kind === "constant"
            ? { kind: "constant", data: node.source.data }
            : node.source,
    }));
    graph.nodes.forEach((node, id) => {
      if (node.kind === "source" && node.source.kind === "cell") {
        this.cellNodes[node.source.index] ??= id;
      }
    });
    const taking = graph.stores.filter(({ cell, value }) => this.cellNodes[cell] !== value);
    this.overwritten = new Set(taking.map(({ cell }) => this.cellNodes[cell]));
  }

  kernel(node: KernelNode, id: number): void {
    const { kernel, shape } = node;
    switch (kernel.kind) {
      case "map":
      case "gather":
      case "iota":
      case "random":
        this.map(node, id);
        return;
      case "reduce":
      case "argReduce":
        this.reduce(node, id);
        return;
      case "contract":
        this.groups.push(contractionGroup(this.graph, node, kernel, id));
        return;
      case "scan":
        this.scan(node, id);
        return;
      case "assemble":
        this.assemble(node, kernel, id);
        return;
      case "overlapAdd":
        this.overlapAdd(node, id);
        return;
      case "scatter":
      case "scatterAdd":
        this.scatter(node, id);
        return;
      case "update": {
        const { strides, offset } = kernel.region;
        this.copy(node.origin, node.inputs[0], id, contiguousStrides(shape), 0);
        this.copy(node.origin, node.inputs[1], id, strides, offset);
        return;
      }
      case "barrier":
        this.copy(node.origin, node.inputs[0], id, contiguousStrides(shape), 0);
        return;
      case "turns":
        this.turns(node as TurnsNode, id);
        return;
      case "part":
        this.part(node, kernel.index, id);
        return;
      case "pad":
      case "concat":
        throw new Error(`a ${kernel.kind} was not assembled`);
      case "host": {
        const inputs = node.inputs.map((ref) => this.contiguous(ref));
        this.groups.push({
          kind: "host",
          kernel,
          shapes: [...node.inputs.map((ref) => ref.shape), shape],
          bindings: [...inputs, { buffer: id, offset: 0 }],
          origins: [node.origin],
        });
      }
    }
  }

  /** Where an output lies: as it is if it is contiguous and nobody overwrites it, else in a copy. */
  output(ref: Ref): Binding {
    const node = this.graph.nodes[ref.node];
    return node.kind === "kernel" ? this.contiguous(ref) : this.copied(ref);
  }

  /** Where a cell's next value lies until it is stored. */
  storeSource({ value }: CellStore): Binding {
    if (!this.overwritten.has(value)) return { buffer: value, offset: 0 };
    const { shape } = this.graph.nodes[value];
    return this.copied({ node: value, shape, strides: contiguousStrides(shape), offset: 0 });
  }

  store({ cell, value }: CellStore, { buffer }: Binding): void {
    const target = this.cellNodes[cell];
    if (target === value) return;
    const { dtype, shape } = this.graph.nodes[value];
    const strides = contiguousStrides(shape);
    this.loop("assign", shape, 0, (loop) => {
      const operand = loop.operand(buffer, dtype, strides, 0);
      loop.store(loop.body.add({ kind: "load", operand, dtype }), dtype, target, strides, 0);
    });
  }

  private contiguous(ref: Ref): Binding {
    const expected = contiguousStrides(ref.shape);
    const isPlain = ref.shape.every((n, d) => n <= 1 || ref.strides[d] === expected[d]);
    return isPlain ? { buffer: ref.node, offset: ref.offset } : this.copied(ref);
  }

  private copied(ref: Ref): Binding {
    const { dtype, origin } = this.graph.nodes[ref.node];
    const buffer = this.temporary(dtype, sizeOf(ref.shape));
    this.copy(origin, ref, buffer, contiguousStrides(ref.shape), 0);
    return { buffer, offset: 0 };
  }

  private temporary(dtype: DType, size: number): number {
    return this.buffers.push({ dtype, size, role: { kind: "temporary" } }) - 1;
  }

  /** A loop over `dims` that `write` fills; its operands are refs. */
  private loop(
    origin: string,
    dims: Shape,
    rowDims: number,
    write: (loop: LoopBuilder) => void,
  ): void {
    const builder = new LoopBuilder(this.graph, dims);
    write(builder);
    const { operands, bindings, stores } = builder;
    const { instrs } = builder.body;
    const kernel = dropUnitDims({ dims, rowDims, operands, instrs, stores });
    this.groups.push({ kind: "loop", kernel, bindings, origins: [origin] });
  }

  private copy(
    origin: string,
    from: Ref,
    buffer: number,
    strides: readonly number[],
    offset: number,
  ): void {
    const { dtype } = this.graph.nodes[from.node];
    this.loop(origin, from.shape, 0, (loop) => {
      loop.store(loop.load(from), dtype, buffer, strides, offset);
    });
  }

  private fill(origin: string, buffer: number, value: number): void {
    const { dtype, size } = this.buffers[buffer];
    this.loop(origin, [size], 0, (loop) => {
      loop.store(loop.body.constant(value, dtype), dtype, buffer, [1], 0);
    });
  }

  private map(node: KernelNode, id: number): void {
    const { shape, dtype, kernel, inputs } = node;
    const strides = contiguousStrides(shape);
    const state = kernel.kind === "random" ? this.contiguous(inputs[0]) : null;
    this.loop(node.origin, shape, 0, (loop) => {
      const { body } = loop;
      let value: number;
      if (kernel.kind === "map") {
        const args = inputs.map((ref) => loop.load(ref));
        value = body.expression(kernel.expr, args, dtype);
        value = body.cast(value, dtype);
      } else if (kernel.kind === "iota") {
        const along = shape.map((_, d) => (d === kernel.axis ? 1 : 0));
        value = body.add({ kind: "index", strides: along, offset: 0, dtype: "int32" });
      } else if (kernel.kind === "random") {
        const fixed = shape.map(() => 0);
        const operand = loop.operand(state!.buffer, "int32", fixed, state!.offset);
        value = body.add({ kind: "random", operand, strides, offset: 0, dtype: "int32" });
      } else if (kernel.kind === "gather") {
        const [x, index] = inputs;
        const { axis } = kernel;
        const operand = loop.operand(x.node, dtype, x.strides.with(axis, 0), x.offset);
        const at = loop.load(index);
        const [stride, size] = [x.strides[axis], x.shape[axis]];
        const site = this.sites.push(kernel.name) - 1;
        this.checked.add(checkOf(index, size));
        value = body.add({ kind: "gather", operand, index: at, stride, size, site, dtype });
      } else throw new Error(`a ${kernel.kind} is no map`);
      loop.store(value, dtype, id, strides, 0);
    });
  }

  private reduce(node: KernelNode, id: number): void {
    const { kernel, dtype, inputs } = node;
    if (kernel.kind !== "reduce" && kernel.kind !== "argReduce") return;
    const [x] = inputs;
    const axes = kernel.kind === "reduce" ? kernel.axes : [kernel.axis];
    const order = [...x.shape.keys()].filter((d) => !axes.includes(d)).concat(axes);
    const dims = order.map((d) => x.shape[d]);
    const moved = { ...x, shape: dims, strides: order.map((d) => x.strides[d]) };
    const op = kernel.kind === "reduce" ? kernel.op : (`arg${kernel.op}` as const);
    this.loop(node.origin, dims, axes.length, (loop) => {
      const value = loop.body.add({ kind: "reduce", op, arg: loop.load(moved), dtype });
      const kept = contiguousStrides(dims.slice(0, dims.length - axes.length));
      loop.store(value, dtype, id, [...kept, ...axes.map(() => 0)], 0);
    });
  }

  private assemble(
    { origin, inputs, shape }: KernelNode,
    kernel: AssembleKernel,
    id: number,
  ): void {
    if (kernel.fill !== null) this.fill(origin, id, kernel.fill);
    const own = contiguousStrides(shape);
    for (const [i, { starts, steps }] of kernel.boxes.entries()) {
      const strides = own.map((stride, d) => stride * steps[d]);
      const offset = own.reduce((sum, stride, d) => sum + stride * starts[d], 0);
      this.copy(origin, inputs[i], id, strides, sizeOf(inputs[i].shape) === 0 ? 0 : offset);
    }
  }

  private overlapAdd(node: KernelNode, id: number): void {
    const { kernel, inputs, shape, dtype } = node;
    if (kernel.kind !== "overlapAdd") return;
    const [x] = inputs;
    const own = contiguousStrides(shape);
    const strides = kernel.axes.map((axis, d) => (axis < 0 ? 0 : own[axis] * kernel.steps[d]));
    const offset = kernel.starts.reduce((sum, start, axis) => sum + start * own[axis], 0);
    const isOneToOne = isInjective(x.shape, strides);
    const covers = isOneToOne && sizeOf(x.shape) === sizeOf(shape);
    if (!covers) this.fill(node.origin, id, 0);
    this.loop(node.origin, x.shape, 0, (loop) => {
      const { body } = loop;
      let value = loop.load(x);
      // A sum that begins with 0, even of one term: it makes 0 of −0.
      if (isOneToOne) {
        value = body.add({
          kind: "call",
          fn: "add",
          dtype,
          args: [value, body.constant(0, dtype)],
        });
      }
      loop.store(value, dtype, id, strides, sizeOf(x.shape) === 0 ? 0 : offset, !isOneToOne);
    });
  }

  private scatter(node: KernelNode, id: number): void {
    const { kernel, inputs, shape, dtype } = node;
    if (kernel.kind !== "scatter" && kernel.kind !== "scatterAdd") return;
    const [x, index, source] = inputs;
    const strides = contiguousStrides(shape);
    this.copy(node.origin, x, id, strides, 0);
    const operand = (ref: Ref): Operand => ({
      dtype: this.graph.nodes[ref.node].dtype,
      strides: ref.strides,
    });
    this.groups.push({
      kind: "scatter",
      isChecked: this.checked.has(checkOf(index, shape[kernel.axis])),
      kernel: {
        combine: kernel.kind === "scatter" ? "set" : "add",
        dims: source.shape,
        target: { dtype, strides: strides.with(kernel.axis, 0) },
        index: operand(index),
        source: operand(source),
        axisStride: strides[kernel.axis],
        axisSize: shape[kernel.axis],
        site: this.sites.push(kernel.name) - 1,
      },
      bindings: [
        { buffer: id, offset: 0 },
        { buffer: index.node, offset: index.offset },
        { buffer: source.node, offset: source.offset },
      ],
      origins: [node.origin],
    });
  }

  private scan(node: KernelNode, id: number): void {
    const { kernel, inputs, shape, dtype } = node;
    if (kernel.kind !== "scan") return;
    const { axis, reverse } = kernel;
    const order = [...shape.keys()].filter((d) => d !== axis).concat(axis);
    const turn = (ref: Ref): Ref => {
      const strides = order.map((d) => ref.strides[d]);
      const last = order.length - 1;
      const offset = reverse
        ? ref.offset + Math.max(0, shape[axis] - 1) * strides[last]
        : ref.offset;
      if (reverse) strides[last] = -strides[last];
      return { ...ref, shape: order.map((d) => shape[d]), strides, offset };
    };
    const dims = order.map((d) => shape[d]);
    const loop = new LoopBuilder(this.graph, dims);
    const carry = loop.carry(dtype);
    const args = inputs.map((ref) => loop.load(turn(ref)));
    const value = loop.body.cast(loop.body.expression(kernel.expr, [carry, ...args], dtype), dtype);
    const out = turn({ node: id, shape, strides: contiguousStrides(shape), offset: 0 });
    const output = loop.operand(id, dtype, out.strides, sizeOf(shape) === 0 ? 0 : out.offset);
    this.groups.push({
      kind: "scan",
      kernel: {
        dims,
        operands: loop.operands,
        instrs: loop.body.instrs,
        init: kernel.init,
        value,
        output,
      },
      bindings: loop.bindings,
      origins: [node.origin],
    });
  }

  /** Carries are first copied to where the last ones will be; each turn writes the next ones there. */
  private turns(node: TurnsNode, id: number): void {
    const { kernel, inputs, origin } = node;
    const { carries, length, reverse, outputs } = kernel;
    const results = resultsOf(this.graph, id, node).map((result, k) => {
      const { dtype, shape } = outputs[k];
      return result ?? this.temporary(dtype, k < carries ? sizeOf(shape) : 0);
    });
    inputs.slice(0, carries).forEach((ref, k) => {
      this.copy(origin, ref, results[k], contiguousStrides(ref.shape), 0);
    });
    if (length === 0) return;
    const body = this.bodies.get(id)!;
    const places = placeBody(body, kernel, {
      add: (buffer) => this.buffers.push(buffer) - 1,
      input: (index) => this.contiguous(inputs[index]),
      result: (index) => results[index],
    });
    const origins = [...new Set([origin, ...body.groups.flatMap((group) => group.origins)])];
    this.groups.push({ kind: "turns", body, length, reverse, places, origins });
  }

  /** The loop writes it, unless it writes it elsewhere. */
  private part({ inputs: [loop], origin, shape }: KernelNode, index: number, id: number): void {
    const node = this.graph.nodes[loop.node] as TurnsNode;
    const written = resultsOf(this.graph, loop.node, node)[index]!;
    if (written === id) return;
    const strides = contiguousStrides(shape);
    this.copy(origin, { node: written, shape, strides, offset: 0 }, id, strides, 0);
  }
}

/** What is known of indices that have been checked: which, and against what. An index that is repeated
 *  along an axis is checked by each of its elements. */
const checkOf = ({ node, shape, strides, offset }: Ref, size: number): string => {
  const moving = [...shape.keys()].filter((d) => strides[d] !== 0 && shape[d] !== 1);
  const places = moving.map((d) => `${shape[d]}·${strides[d]}`);
  return `${node}+${offset} ${places.join()} of ${size}`;
};
