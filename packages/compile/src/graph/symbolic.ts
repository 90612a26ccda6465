// The graph of a function for many sizes of an axis, found by comparing what was recorded for a few: an
// integer that differs is a polynomial of the size. A number in a computation that differs (the 1/n of
// a mean) is read off the recording for each size: the program takes it as an argument.
import { scalar, type DType, type Expr } from "@wengert/autograd";
import { typeOf, typeOfArgs } from "@wengert/autograd/compiler";
import { NotSymbolic } from "../size/not-symbolic.ts";
import type { Graph, Node, Ref } from "./graph.ts";
import {
  Comparison,
  filled,
  fits,
  hasMarks,
  Hole,
  Polynomial,
  Progression,
  Uniform,
} from "./marks.ts";

export class SymbolicGraph {
  /** The dtypes of the numbers that a program takes as arguments. */
  readonly holes: DType[] = [];
  readonly polynomials: readonly Polynomial[];
  /** With marks in the place of what depends on the size: not a graph before it is filled in. */
  private readonly form: Graph;
  private readonly extents: readonly Polynomial[];
  /** The nodes whose elements are evenly spaced. */
  private readonly progressions: readonly number[];
  private readonly inputs: number;

  /** `inputs`: how many there are. @throws NotSymbolic where the graphs differ by more than numbers */
  constructor(graphs: readonly Graph[], sizes: readonly number[], inputs: number) {
    const comparison = new Comparison(sizes);
    const [first] = graphs;
    if (graphs.some(({ nodes }) => nodes.length !== first.nodes.length)) {
      const counts = graphs.map(({ nodes }) => nodes.length).join(", ");
      throw new NotSymbolic(
        `the function does something else for another size (${counts} kernels)`,
      );
    }
    const nodes = first.nodes.map((node, i) =>
      comparison.common(
        graphs.map((graph) => graph.nodes[i]),
        node.origin,
      ),
    ) as Node[];
    const outputs = comparison.common(
      graphs.map((graph) => graph.outputs),
      "a result",
    ) as Ref[];
    const stores = comparison.common(
      graphs.map((graph) => graph.stores),
      "an assignment",
    ) as Graph["stores"];
    this.form = { nodes, outputs, stores };
    this.inputs = inputs;
    this.polynomials = comparison.polynomials;
    const shapes = [...nodes, ...nodes.flatMap((node) => node.inputs), ...outputs];
    this.extents = shapes
      .flatMap(({ shape }) => shape as readonly unknown[])
      .filter((extent) => extent instanceof Polynomial);
    this.progressions = [...nodes.keys()].filter((i) => dataOf(nodes[i]) instanceof Progression);
    for (const node of nodes) this.typeHoles(node, nodes);
  }

  /** The largest coefficient or extent. */
  get largest(): number {
    const shaped = this.form.nodes.flatMap((node) => [node, ...node.inputs]);
    const extents = shaped.map(({ shape }) =>
      shape.reduce((n: number, d: unknown) => (typeof d === "number" ? n * d : n), 1),
    );
    const all = this.polynomials.flatMap(({ coefficients }) => coefficients.map(Math.abs));
    return [...extents, ...all].reduce((most, n) => Math.max(most, n), 1);
  }

  get isLinear(): boolean {
    return this.polynomials.every(({ coefficients }) => coefficients[2] === 0);
  }

  /** How many nodes come before those of the recording: arguments, and the indices of progressions. */
  private get lead(): number {
    return this.holes.length + this.progressions.length;
  }

  /** The graph for a size. The numbers that are arguments are inputs after the others. */
  at(size: number): Graph {
    const { form, holes, lead } = this;
    const moved = (ref: Ref): Ref => this.moved(ref, size);
    const nodes: Node[] = holes.map((dtype, i) => ({
      kind: "source",
      source: { kind: "input", index: this.inputs + i },
      shape: [1],
      dtype,
      origin: "size",
      inputs: [],
    }));
    for (const i of this.progressions) nodes.push(indices(filled(form.nodes[i], size)));
    for (const [i, marked] of form.nodes.entries()) {
      const node = { ...filled(marked, size), inputs: marked.inputs.map(moved) };
      const data = dataOf(marked);
      if (data instanceof Progression) {
        const from = holes.length + this.progressions.indexOf(i);
        nodes.push(spaced(node, data, from));
      } else nodes.push(data instanceof Uniform ? single(node, nodes) : withArguments(node));
    }
    const stores = form.stores.map(({ cell, value }) => ({ cell, value: value + lead }));
    return { nodes, outputs: this.outputsAt(size), stores };
  }

  outputsAt(size: number): Ref[] {
    return this.form.outputs.map((ref) => this.moved(ref, size));
  }

  private moved(marked: Ref, size: number): Ref {
    const { node, shape, strides, offset } = filled(marked, size);
    const ref = { node: node + this.lead, shape };
    if (!(dataOf(this.form.nodes[node]) instanceof Uniform)) return { ...ref, strides, offset };
    return { ...ref, strides: shape.map(() => 0), offset: 0 };
  }

  /** The numbers that are arguments, from a recording. @throws NotSymbolic where that is something else
   *  than the graph for its size */
  argumentsFor({ nodes, outputs, stores }: Graph, size: number): number[] {
    const { form } = this;
    if (this.extents.some((extent) => extent.at(size) < 2)) {
      throw new NotSymbolic("an axis has less than two elements");
    }
    const holes: number[] = [];
    const differs = form.nodes.findIndex((node, i) => !fits(node, nodes[i], size, holes));
    if (differs >= 0) {
      throw new NotSymbolic(`${form.nodes[differs].origin} does something else for size ${size}`);
    }
    const isSame =
      form.nodes.length === nodes.length &&
      fits(form.outputs, outputs, size, holes) &&
      fits(form.stores, stores, size, holes);
    if (!isSame) throw new NotSymbolic(`the function does something else for size ${size}`);
    return holes;
  }

  /** Numbers have the dtype of what they are computed with. */
  private typeHoles(node: Node, nodes: readonly Node[]): void {
    if (node.kind === "source") {
      const data = dataOf(node);
      if (data instanceof Uniform && data.value instanceof Hole)
        this.holes[data.value.number] = node.dtype;
      return;
    }
    const { kernel } = node;
    if (kernel.kind !== "map" && kernel.kind !== "scan") return;
    const types = node.inputs.map((ref) => nodes[ref.node].dtype);
    const args = kernel.kind === "scan" ? [node.dtype, ...types] : types;
    if (hasMarks(kernel.expr)) this.typeIn(kernel.expr, args, node.dtype);
  }

  private typeIn(expr: Expr, args: readonly DType[], wanted: DType): void {
    if (expr.kind === "const") {
      const value: unknown = expr.value;
      if (value instanceof Hole) this.holes[value.number] = wanted;
    } else if (expr.kind === "cast") {
      this.typeIn(expr.args[0], args, typeOf(expr.args[0], args) ?? expr.dtype);
    } else if (expr.kind === "call") {
      const shared = typeOfArgs(expr, args) ?? wanted;
      for (const arg of expr.args) this.typeIn(arg, args, typeOf(arg, args) ?? shared);
    }
  }
}

/** The elements of a constant, or the mark in their place. */
function dataOf(node: Node): unknown {
  return node.kind === "source" && node.source.kind === "constant" ? node.source.data : null;
}

/** The indices along a constant. */
const indices = ({ shape, origin }: Node): Node => ({
  kind: "kernel",
  kernel: { kind: "iota", axis: 0 },
  shape,
  dtype: "int32",
  origin,
  inputs: [],
});

/** A progression from its indices. */
function spaced(node: Node, { start, step }: Progression, from: number): Node {
  const { shape, dtype, origin } = node;
  const index = scalar.cast(scalar.input(0), dtype);
  const expr = scalar.add(scalar.mul(index, step), start);
  const inputs = [{ node: from, shape, strides: [1], offset: 0 }];
  return { kind: "kernel", kernel: { kind: "map", expr }, shape, dtype, origin, inputs };
}

/** One element in the place of many that are the same. */
function single(node: Node, nodes: readonly Node[]): Node {
  if (node.kind !== "source" || node.source.kind !== "constant") return node;
  const { value, data } = node.source.data as unknown as Uniform;
  if (value instanceof Hole) return nodes[value.number];
  return { ...node, shape: [1], source: { kind: "constant", data } };
}

/** Holes become inputs. */
function withArguments(node: Node): Node {
  if (node.kind !== "kernel") return node;
  const { kernel } = node;
  if (kernel.kind !== "map" && kernel.kind !== "scan") return node;
  const inputs = [...node.inputs];
  const first = kernel.kind === "scan" ? 1 : 0;
  const done = new Map<Expr, Expr>();
  const replaced = (expr: Expr): Expr => {
    let made = done.get(expr);
    if (!made) done.set(expr, (made = replace(expr)));
    return made;
  };
  const replace = (expr: Expr): Expr => {
    if (!hasMarks(expr)) return expr;
    if (expr.kind === "const") {
      const { number } = expr.value as unknown as Hole;
      const shape = node.shape.map(() => 1);
      inputs.push({ node: number, shape, strides: shape.map(() => 0), offset: 0 });
      return { kind: "input", index: first + inputs.length - 1 };
    }
    if (expr.kind === "input") return expr;
    return { ...expr, args: expr.args.map(replaced) } as Expr;
  };
  const expr = replace(kernel.expr);
  return inputs.length === node.inputs.length
    ? node
    : { ...node, kernel: { ...kernel, expr }, inputs };
}
