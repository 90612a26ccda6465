// Runs a function once on tensors without values and notes what it does.
import {
  notDifferentiable,
  Tensor,
  TransformError,
  type Attrs,
  type DType,
  type Op,
} from "@wengert/autograd";
import {
  contiguousLayout,
  isFloat,
  programOf,
  storageCount,
  withEvaluator,
  withWatcher,
  type Storage,
  type Watcher,
} from "@wengert/autograd/compiler";
import type { Graph, Node } from "../graph/graph.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { AbstractStorage, abstractTensor, unreadable } from "./abstract.ts";
import { callerLine } from "@wengert/autograd/compiler";
import { deepEqual } from "./equal.ts";
import { Fields, type Guard } from "./fields.ts";
import { GradientLedger, type GradientEffect } from "./gradients.ts";
import { checkSameForm, unstable } from "./result.ts";

/** All that is known of a function after it has been recorded. */
export interface Recording<R = unknown> {
  readonly graph: Graph;
  /** The memory of tensors of the surroundings that are read or written. */
  readonly cells: readonly Storage[];
  /** Tensors that are read afresh at each call, by their place among the inputs after the arguments:
   *  gradients that were there before. */
  readonly captured: readonly (() => Tensor)[];
  readonly guards: readonly Guard[];
  /** What becomes of the `.grad` of tensors of the surroundings. */
  readonly gradients: readonly GradientEffect[];
  /** What the function returned, with tensors that stand for the graph's first outputs. */
  readonly result: R;
}

/** What differs from an earlier recording of the same function. */
export class Recorder implements Watcher {
  private readonly builder = new GraphBuilder();
  private readonly firstOwnStorage = storageCount();
  private readonly cells: Storage[] = [];
  private readonly inputs = new Set<Storage>();
  private readonly stands: Tensor[] = [];
  private readonly written = new Map<Storage, number>();
  private readonly guards: Guard[] = [];
  private readonly fields = new Fields();
  /** Tensors of the surroundings whose requiresGrad decides what is on the tape. */
  private readonly flagged = new Set<Tensor>();
  private readonly own = new WeakSet<Tensor>();
  private readonly gradients: GradientLedger;
  private inputCount = 0;
  /** An earlier recording that this one must agree with, node by node. */
  private readonly earlier: Recording | null;

  constructor(earlier: Recording | null) {
    this.earlier = earlier;
    this.gradients = new GradientLedger((like) => this.input(like.shape, like.dtype, false));
  }

  /** A tensor that stands for an argument. */
  input(shape: readonly number[], dtype: DType, requiresGrad: boolean): Tensor {
    const tensor = abstractTensor(contiguousLayout(dtype, shape));
    const source = { kind: "input", index: this.inputCount++ } as const;
    this.builder.source(tensor.storage!, source, tensor.size, dtype, "input");
    this.inputs.add(tensor.storage!);
    if (requiresGrad) tensor.requiresGrad = true;
    this.stands.push(tensor);
    return tensor;
  }

  /** Runs f, which has been given tensors of `input`. Leaves everything outside as it was. */
  run<R>(f: () => R, outputsOf: (result: R) => Tensor[], keepGrads: boolean): Recording<R> {
    try {
      const result = withWatcher(this, () =>
        withEvaluator((op, inputs, attrs) => this.call(op, inputs, attrs), f),
      );
      if (this.stands.some(({ grad }) => grad !== null)) throw filled();
      const outputs = outputsOf(result);
      const gradients = this.gradients.finish(keepGrads, (grad) => outputs.push(grad) - 1);
      const refs = outputs.map((tensor) => {
        this.meet("a returned tensor", tensor);
        const { layout, offset, storage } = tensor;
        return this.builder.ref({ layout, offset, storage: storage! });
      });
      const stores = this.cells
        .map((storage, cell) => ({ cell, value: this.builder.valueOf(storage) }))
        .filter(({ cell }) => this.written.has(this.cells[cell]));
      const graph = this.builder.finish(refs, stores);
      const { cells } = this;
      const others = [this.flags(), this.fields.guard()].filter(({ count }) => count! > 0);
      const guards = [...this.guards, ...this.gradients.guards, ...others];
      const recording = {
        graph,
        cells,
        captured: this.gradients.captured,
        guards,
        gradients,
        result,
      };
      if (this.earlier) checkSame(this.earlier, recording);
      return recording;
    } finally {
      this.gradients.restore();
      for (const [storage, version] of this.written) storage.version = version;
    }
  }

  readsValues(storage: Storage, where: string): void {
    if (storage instanceof AbstractStorage) throw unreadable(where);
    if (this.isOwn(storage) && !this.written.has(storage)) return;
    throw new TransformError({
      where,
      expected: "no value to be read while compile records the function",
      got: "a tensor of the surroundings, whose value would be frozen into the program",
      fix: "Read it outside of the compiled function, or compute with the tensor itself.",
    });
  }

  readsGrad(owner: object): void {
    this.gradients.read(owner as Tensor);
  }

  writesGrad(owner: object): void {
    this.gradients.write(owner as Tensor);
  }

  dependsOn(read: () => unknown): void {
    this.guards.push({ read, value: read() });
  }

  dependsOnFields(owner: object): void {
    this.fields.add(owner);
  }

  /** Made by the function itself, or a shared constant: its values are part of the program. */
  private isOwn(storage: Storage): boolean {
    return storage.isConstant || storage.number > this.firstOwnStorage;
  }

  /** Makes sure that the graph has a value for what the tensor looks at. */
  private meet(where: string, tensor: Tensor): void {
    const storage = tensor.storage!;
    if (this.builder.has(storage)) return;
    if (storage instanceof AbstractStorage) {
      throw new TransformError({
        where,
        expected: "tensors of this run of the function",
        got: `one that an earlier run kept while compile recorded it${callerLine()}`,
        fix: "Return what is needed later; do not keep it in variables outside of the function.",
      });
    }
    const { length } = storage.data;
    if (this.isOwn(storage)) {
      const source = { kind: "constant", data: storage.data.slice() } as const;
      this.builder.source(storage, source, length, tensor.dtype, "constant");
      return;
    }
    const source = { kind: "cell", index: this.cells.push(storage) - 1 } as const;
    this.builder.source(storage, source, length, tensor.dtype, "cell");
  }

  private call(op: Op, inputs: readonly Tensor[], attrs: Attrs): Tensor[] {
    const before = this.builder.size;
    for (const tensor of inputs) {
      this.meet(op.name, tensor);
      if (op.vjp !== notDifferentiable) this.noteFlag(tensor);
    }
    const program = programOf(
      op,
      inputs.map((tensor) => tensor.layout),
      attrs,
    );
    const places = this.builder.call(
      op.name,
      program,
      inputs.map(({ layout, storage, offset }) => ({ layout, storage: storage!, offset })),
      () => new AbstractStorage(),
      (storage) => this.noteWrite(op.name, storage),
    );
    if (this.earlier) this.compareNodes(op.name, before);
    return places.map(({ layout, storage, offset }) => {
      const tensor = new Tensor(layout, storage, offset);
      this.own.add(tensor);
      return tensor;
    });
  }

  private noteFlag(tensor: Tensor): void {
    const isCell = !(tensor.storage instanceof AbstractStorage) && !this.isOwn(tensor.storage!);
    if (isCell && isFloat(tensor.dtype) && !this.own.has(tensor)) this.flagged.add(tensor);
  }

  /** Taken when the function is done: what it sets itself, and sets back, is no concern of others. */
  private flags(): Guard {
    const tensors = [...this.flagged];
    const flags = tensors.map(({ requiresGrad }) => requiresGrad);
    const read = (): boolean => {
      for (let i = 0; i < tensors.length; i++) {
        if (tensors[i].requiresGrad !== flags[i]) return false;
      }
      return true;
    };
    return { read, value: true, count: tensors.length };
  }

  private noteWrite(where: string, storage: Storage): void {
    if (this.inputs.has(storage)) {
      throw new TransformError({
        where,
        expected: "a target that is not an argument: arguments of compiled functions are copied in",
        got: "an argument of the compiled function",
        fix: "Use the tensor from the surroundings of the function, or return the new value.",
      });
    }
    if (!this.written.has(storage)) this.written.set(storage, storage.version);
    storage.version += 1;
  }

  /** The nodes of one call against those of the earlier run. */
  private compareNodes(where: string, from: number): void {
    const { graph, cells } = this.earlier!;
    for (let i = from; i < this.builder.size; i++) {
      const [was, is] = [graph.nodes[i] as Node | undefined, this.builder.nodeAt(i)];
      if (was && sameNode(was, is, cells, this.cells)) continue;
      throw unstable(
        where,
        was ? `${describeNode(was)} the first time` : "nothing more",
        `${describeNode(is)} the second time`,
      );
    }
  }
}

function sameNode(
  a: Node,
  b: Node,
  cells: readonly Storage[],
  otherCells: readonly Storage[],
): boolean {
  if (a.kind === "source" && b.kind === "source" && a.source.kind === "cell") {
    return b.source.kind === "cell" && cells[a.source.index] === otherCells[b.source.index];
  }
  return deepEqual(a, b);
}

function describeNode(node: Node): string {
  const shape = `${node.dtype} [${node.shape.join(", ")}]`;
  if (node.kind === "kernel") return `a ${node.kernel.kind} of ${node.origin}, ${shape}`;
  const { source } = node;
  if (source.kind !== "constant") return `a tensor of the surroundings (${source.kind}), ${shape}`;
  return source.data.length === 1 ? `the constant ${source.data[0]}` : `a constant, ${shape}`;
}

const filled = () =>
  new TransformError({
    where: "compile",
    expected: "arguments to be as they were: they are copied in",
    got: "a function that leaves a gradient in the .grad of one",
    fix: "Return grad(f)(x), or x.grad, and set x.grad to null before; or close over the tensor.",
  });

function checkSame(was: Recording, is: Recording): void {
  const same =
    was.graph.nodes.length === is.graph.nodes.length &&
    deepEqual(was.graph.outputs, is.graph.outputs) &&
    deepEqual(was.graph.stores, is.graph.stores);
  if (!same)
    throw unstable(
      "compile",
      `${was.graph.nodes.length} kernels`,
      `${is.graph.nodes.length}, or other results`,
    );
  checkSameForm(was.result, is.result);
}
