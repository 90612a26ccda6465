// Builds a graph while a function is recorded. A storage of the recording has a present value, which
// is a node; a tensor is a strided look at it, as in memory.
import type { DType, Kernel, Program, Shape } from "@wengert/autograd";
import {
  contiguousLayout,
  contiguousStrides,
  reshapeLayout,
  sizeOf,
  viewLayout,
  type Layout,
  type Storage,
} from "@wengert/autograd/compiler";
import type { CellStore, Graph, Node, Ref, Source } from "./graph.ts";

/** A tensor of the recording: which storage it looks at, and how. */
export interface Place {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly offset: number;
}

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
    const compute = (
      kernel: Exclude<Kernel, { kind: "view" | "reshape" | "assign" }>,
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
      if (kernel.kind === "view") {
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
      } else places.push(compute(kernel, ids, spec));
    }
    return program.outputs.map((id) => places[id]);
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
