// What a picture of a tape shows: boxes with lines of text, and arrows. Single numbers that an op was given
// stand in its own box.
import type { Tensor } from "../tensor/tensor.ts";
import { showShape } from "../tensor/shape.ts";
import { graphOf, type TapeLeaf, type TapeTensor } from "./graph.ts";
import { showAttrs } from "./explain.ts";
import { showNumber } from "./words.ts";

export interface PictureNode {
  readonly kind: "call" | "loss" | "parameter" | "constant";
  /** The op, or what the leaf is. */
  readonly title: string;
  readonly lines: readonly string[];
  /** All that there is to say. */
  readonly details: string;
  /** The norm of its gradient; null where none flows. */
  readonly gradient: number | null;
}

export interface Picture {
  readonly nodes: readonly PictureNode[];
  /** From where to where, by the nodes' places. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export function pictureOf(where: string, loss: Tensor): Picture {
  const { calls, leaves } = graphOf(where, loss);
  const nodes: PictureNode[] = calls.map(({ op, attrs, inputs, outputs }, i) => {
    const numbers = inputs.flatMap((input) => {
      const leaf = input.kind === "leaf" ? leaves[input.leaf] : null;
      return leaf && isNumber(leaf) ? [showNumber(leaf.value)] : [];
    });
    return {
      kind: i === calls.length - 1 ? "loss" : "call",
      title: [op, ...numbers].join(" "),
      lines: outputs.flatMap(linesOf),
      details: [op, showAttrs(attrs), ...outputs.map(detail)].filter(Boolean).join("\n"),
      gradient: largest(outputs),
    };
  });
  // A leaf has a box for each call that takes it: a weight that is used twice would be an arrow across
  // the whole picture.
  const edges: [number, number][] = [];
  calls.forEach(({ inputs }, to) => {
    const taken = new Map<number, number>();
    for (const input of inputs) {
      if (input.kind === "call") {
        edges.push([input.call, to]);
        continue;
      }
      const leaf = leaves[input.leaf];
      if (isNumber(leaf) || taken.has(input.leaf)) continue;
      taken.set(input.leaf, nodes.length);
      edges.push([nodes.push(nodeOf(leaf, input.leaf)) - 1, to]);
    }
  });
  return { nodes, edges };
}

function nodeOf(leaf: TapeLeaf, number: number): PictureNode {
  const title = `${leaf.kind} ${number}`;
  return {
    kind: leaf.kind,
    title,
    lines: linesOf(leaf),
    details: `${title}\n${detail(leaf)}`,
    gradient: leaf.gradientNorm,
  };
}

const isNumber = ({ kind, shape }: TapeTensor & { readonly kind: string }): boolean =>
  kind === "constant" && shape.length === 0;

const valueOf = ({ shape, value }: TapeTensor): string =>
  shape.length === 0 ? showNumber(value) : `|${showNumber(value)}|`;

function linesOf(tensor: TapeTensor): string[] {
  const { shape, gradientNorm } = tensor;
  const first = shape.length === 0 ? valueOf(tensor) : `${showShape(shape)} ${valueOf(tensor)}`;
  return gradientNorm === null ? [first] : [first, `∂ ${showNumber(gradientNorm)}`];
}

const detail = (tensor: TapeTensor): string =>
  `${tensor.dtype} ${showShape(tensor.shape)}, ${tensor.shape.length === 0 ? "value" : "norm"} ` +
  `${showNumber(tensor.value)}, ‖gradient‖ ${showNumber(tensor.gradientNorm)}`;

const largest = (outputs: readonly TapeTensor[]): number | null =>
  outputs.reduce<number | null>(
    (most, { gradientNorm: g }) => (g !== null && !(g <= (most ?? -1)) ? g : most),
    null,
  );
