// Builds a graph while a function is recorded. A storage of the recording has a present value, which
// is a node; a tensor is a strided look at it, as in memory.
import type { DType, Program, RepeatKernel, Shape, TypedArray } from "@wengert/autograd";
import {
  allocate,
  contiguousLayout,
  contiguousStrides,
  layoutOf,
  reshapeLayout,
  sizeOf,
  viewLayout,
  type Layout,
  type Storage,
} from "@wengert/autograd/compiler";
import type {
  BarrierKernel,
  CellStore,
  Computation,
  Graph,
  Node,
  Ref,
  Source,
  TurnsKernel,
} from "./graph.ts";

/** A tensor of the recording: which storage it looks at, and how. */
export interface Place {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly offset: number;
}

/** Larger constants of a loop stay outside of it. */
const maxEmbedded = 1024;

export class GraphBuilder {
  private readonly nodes: Node[] = [];
  /** The node that is the present value of a storage. */
  private readonly values = new Map<Storage, number>();

  get size(): number {
    return this.nodes.length;
  }

  nodeAt(i: number): Node {
    return this.nodes[i];
  }

  /** Gives a storage its first value: elements that come from outside. */
  source(storage: Storage, source: Source, size: number, dtype: DType, origin: string): void {
    const node: Node = { kind: "source", source, shape: [size], dtype, origin, inputs: [] };
    this.values.set(storage, this.push(node));
  }

  has(storage: Storage): boolean {
    return this.values.has(storage);
  }

  valueOf(storage: Storage): number {
    return this.values.get(storage)!;
  }

  ref({ storage, layout, offset }: Place): Ref {
    const { shape, strides } = layout;
    return { node: this.valueOf(storage), shape, strides, offset };
  }

  /**
   * Appends the kernels of an op's call. Views are followed as the executors follow them; what is
   * computed gets a storage from `makeStorage`.
   * @returns the places of the program's outputs.
   */
  call(
    origin: string,
    program: Program,
    inputs: readonly Place[],
    makeStorage: () => Storage,
    onAssign: (storage: Storage) => void,
  ): Place[] {
    const places = [...inputs];
    /** What repeats that are no loops have made. */
    const unrolled = new Map<number, readonly Place[]>();
    const compute = (
      kernel: Computation | BarrierKernel | TurnsKernel,
      ids: readonly number[],
      spec: { shape: Shape; dtype: DType },
    ): Place => {
      const refs = ids.map((id) => this.ref(places[id]));
      return this.compute(
        { kind: "kernel", kernel, ...pick(spec), origin, inputs: refs },
        makeStorage(),
      );
    };
    for (const { kernel, inputs: ids, spec } of program.steps) {
      const first = places[ids[0]];
      if (kernel.kind === "view" && kernel.isOpaque) {
        places.push(compute({ kind: "barrier", number: this.size }, ids, spec));
      } else if (kernel.kind === "view") {
        const { layout, offset } = viewLayout(first.layout, kernel, spec.shape);
        places.push({ layout, storage: first.storage, offset: first.offset + offset });
      } else if (kernel.kind === "reshape") {
        const layout = reshapeLayout(first.layout, spec.shape);
        if (layout) places.push({ ...first, layout });
        else {
          const copied = compute(copyKernel, ids, { shape: first.layout.shape, dtype: spec.dtype });
          places.push({ ...copied, layout: contiguousLayout(spec.dtype, spec.shape) });
        }
      } else if (kernel.kind === "assign") {
        this.assign(origin, first, places[ids[1]]);
        onAssign(first.storage);
        places.push(first);
      } else if (kernel.kind === "repeat" && callsHost(kernel.body)) {
        const given = ids.map((id) => places[id]);
        const results = this.unroll(origin, kernel, given, makeStorage);
        unrolled.set(places.push(results[0]) - 1, results);
      } else if (kernel.kind === "repeat") {
        const given = ids.map((id) => places[id]);
        places.push(compute(this.turns(origin, kernel, given, makeStorage), ids, spec));
      } else if (kernel.kind === "part" && unrolled.has(ids[0])) {
        places.push(unrolled.get(ids[0])![kernel.index]);
      } else places.push(compute(kernel, ids, spec));
    }
    return program.outputs.map((id) => places[id]);
  }

  /** A repeat with its body as a graph of its own. */
  private turns(
    origin: string,
    { kind: _, body, ...kernel }: RepeatKernel,
    inputs: readonly Place[],
    makeStorage: () => Storage,
  ): TurnsKernel {
    const { carries, xs, outputs } = kernel;
    const inner = new GraphBuilder();
    const given = body.inputs.map(({ shape, dtype }, i): Place => {
      const storage = makeStorage();
      const place = { storage, layout: contiguousLayout(dtype, shape), offset: 0 };
      const constant = i < carries + xs ? null : this.constantOf(inputs[i]);
      const source: Source = constant
        ? { kind: "constant", data: constant }
        : { kind: i < carries ? "cell" : "input", index: i };
      const size = constant ? constant.length : sizeOf(shape);
      inner.source(storage, source, size, dtype, i < carries ? "carry" : "slice");
      return constant ? { ...inputs[i], storage } : place;
    });
    const results = inner.call(origin, body, given, makeStorage, noAssignment);
    for (const [i, { layout }] of results.entries()) {
      if (i < carries) continue;
      const source: Source = { kind: "cell", index: i };
      inner.source(makeStorage(), source, layout.size, outputs[i].dtype, "result");
    }
    // All cells take their values at once, so they are looked at before the first of them changes.
    const stores = results.map((place, cell) => ({ cell, value: inner.whole(origin, place) }));
    return { kind: "turns", ...kernel, body: inner.finish([], stores) };
  }

  /** The elements of a small constant, if that is what a place looks at. */
  private constantOf({ storage }: Place): TypedArray | null {
    const node = this.nodes[this.valueOf(storage)];
    const isSmall = node.kind === "source" && sizeOf(node.shape) <= maxEmbedded;
    return isSmall && node.source.kind === "constant" ? node.source.data : null;
  }

  /** What a place looks at, as a node. */
  private whole(origin: string, place: Place): number {
    const ref = this.ref(place);
    if (isWholeRef(ref, this.nodes[ref.node])) return ref.node;
    const { shape, dtype } = place.layout;
    return this.push({ kind: "kernel", kernel: copyKernel, shape, dtype, origin, inputs: [ref] });
  }

  /** A repeat turn by turn: a body that calls the host must be found at its place in the program. */
  private unroll(
    origin: string,
    kernel: RepeatKernel,
    inputs: readonly Place[],
    makeStorage: () => Storage,
  ): Place[] {
    const { body, carries, xs, length, reverse, outputs } = kernel;
    const make = (node: Node): Place => this.compute(node, makeStorage());
    const stacks = outputs.slice(carries).map((): Place[] => []);
    let carry = inputs.slice(0, carries);
    for (let turn = 0; turn < length; turn++) {
      const t = reverse ? length - 1 - turn : turn;
      const slices = inputs
        .slice(carries, carries + xs)
        .map(({ layout, storage, offset }): Place => {
          const { dtype, shape, strides } = layout;
          const sliced = layoutOf(dtype, shape.slice(1), strides.slice(1));
          return { storage, layout: sliced, offset: offset + t * strides[0] };
        });
      const given = [...carry, ...slices, ...inputs.slice(carries + xs)];
      const results = this.call(origin, body, given, makeStorage, noAssignment);
      carry = results.slice(0, carries);
      results.slice(carries).forEach((place, i) => (stacks[i][t] = place));
    }
    const ys = stacks.map((stack, i): Place => {
      const { shape, dtype } = outputs[carries + i];
      const refs = stack.map((place) => {
        const ref = this.ref(place);
        return { ...ref, shape: [1, ...ref.shape], strides: [0, ...ref.strides] };
      });
      const common = { shape, dtype, origin } as const;
      if (length > 0) {
        return make({
          kind: "kernel",
          kernel: { kind: "concat", axis: 0 },
          inputs: refs,
          ...common,
        });
      }
      const place = { storage: makeStorage(), layout: contiguousLayout(dtype, shape), offset: 0 };
      this.source(place.storage, { kind: "constant", data: allocate(dtype, 0) }, 0, dtype, origin);
      return place;
    });
    return [...carry, ...ys];
  }

  /** The target's storage has another value from now on. */
  private assign(origin: string, target: Place, value: Place): void {
    const old = this.nodes[this.valueOf(target.storage)];
    const { layout, offset } = target;
    const isWhole = offset === 0 && layout.isContiguous && layout.size === sizeOf(old.shape);
    const source = this.ref(value);
    if (isWhole && isWholeRef(source, this.nodes[source.node])) {
      this.values.set(target.storage, source.node);
      return;
    }
    const { dtype } = old;
    const node: Node = isWhole
      ? { kind: "kernel", kernel: copyKernel, shape: layout.shape, dtype, origin, inputs: [source] }
      : {
          kind: "kernel",
          kernel: {
            kind: "update",
            region: { shape: layout.shape, strides: layout.strides, offset },
          },
          shape: old.shape,
          dtype,
          origin,
          inputs: [wholeRef(this.valueOf(target.storage), old), source],
        };
    this.values.set(target.storage, this.push(node));
  }

  finish(outputs: readonly Ref[], stores: readonly CellStore[]): Graph {
    return { nodes: this.nodes, outputs, stores };
  }

  private compute(node: Node, storage: Storage): Place {
    this.values.set(storage, this.push(node));
    return { storage, layout: contiguousLayout(node.dtype, node.shape), offset: 0 };
  }

  private push(node: Node): number {
    this.nodes.push(node);
    return this.nodes.length - 1;
  }
}

function noAssignment(): never {
  throw new Error("a repeated body assigns to something");
}

const callsHost = ({ steps }: Program): boolean =>
  steps.some(
    ({ kernel }) => kernel.kind === "host" || (kernel.kind === "repeat" && callsHost(kernel.body)),
  );

const pick = ({ shape, dtype }: { shape: Shape; dtype: DType }) => ({ shape, dtype });

/** The elements as they are. */
const copyKernel = { kind: "map", expr: { kind: "input", index: 0 } } as const;

export const wholeRef = (node: number, { shape }: Node): Ref => ({
  node,
  shape,
  strides: contiguousStrides(shape),
  offset: 0,
});

/** Whether a ref looks at all elements of its node, in order. */
export function isWholeRef(ref: Ref, node: Node): boolean {
  if (ref.offset !== 0 || sizeOf(ref.shape) !== sizeOf(node.shape)) return false;
  let expected = 1;
  for (let d = ref.shape.length - 1; d >= 0; d--) {
    if (ref.shape[d] !== 1 && ref.strides[d] !== expected) return false;
    expected *= ref.shape[d];
  }
  return true;
}
