import { sizeOf } from "@wengert/autograd/compiler";
import type { DType, Shape } from "@wengert/autograd";
import type { Graph, Ref } from "../graph/graph.ts";
import type { Instr, Operand, Store } from "./ir.ts";
import { Body } from "./body.ts";
import type { Binding } from "./group.ts";

/** The operands, values and stores of a loop under construction. */
export class LoopBuilder {
  readonly operands: Operand[] = [];
  readonly bindings: Binding[] = [];
  readonly body = new Body();
  readonly stores: Store[] = [];
  private readonly graph: Graph;
  private readonly dims: Shape;

  constructor(graph: Graph, dims: Shape) {
    this.graph = graph;
    this.dims = dims;
  }

  operand(buffer: number, dtype: DType, strides: readonly number[], offset: number): number {
    const same = this.operands.findIndex(
      (it, i) =>
        this.bindings[i].buffer === buffer &&
        this.bindings[i].offset === offset &&
        it.strides.every((stride, d) => stride === strides[d]),
    );
    if (same >= 0) return same;
    this.bindings.push({ buffer, offset });
    return this.operands.push({ dtype, strides }) - 1;
  }

  /** Operand 0 of contractions and scans, which has no memory. */
  carry(dtype: DType): number {
    const operand = this.operand(
      -1,
      dtype,
      this.dims.map(() => 0),
      0,
    );
    return this.body.add({ kind: "load", operand, dtype });
  }

  /** An element of a ref, which broadcasts to the dims. */
  load(ref: Ref): number {
    const node = this.graph.nodes[ref.node];
    const { dtype } = node;
    if (node.kind === "source" && node.source.kind === "constant" && isSingle(ref)) {
      return this.body.constant(node.source.data[ref.offset], dtype);
    }
    const lead = this.dims.length - ref.shape.length;
    const strides = this.dims.map((_, d) =>
      d < lead || ref.shape[d - lead] === 1 ? 0 : ref.strides[d - lead],
    );
    const operand = this.operand(ref.node, dtype, strides, ref.offset);
    return this.body.add({ kind: "load", operand, dtype } satisfies Instr);
  }

  store(
    value: number,
    dtype: DType,
    buffer: number,
    strides: readonly number[],
    offset: number,
    accumulate = false,
  ): void {
    const operand = this.operand(buffer, dtype, strides, offset);
    this.stores.push(accumulate ? { operand, value, accumulate } : { operand, value });
  }
}

/** Whether all elements that a ref looks at are one. */
const isSingle = ({ shape, strides }: Ref): boolean =>
  sizeOf(shape) > 0 && shape.every((n, d) => n === 1 || strides[d] === 0);
