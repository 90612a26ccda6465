// The tape of a loss for Graphviz.
import type { Tensor } from "../tensor/tensor.ts";
import { pictureOf, type PictureNode } from "./picture.ts";

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

const styles: Record<PictureNode["kind"], string> = {
  call: 'shape=box, style="rounded"',
  loss: 'shape=box, style="rounded,bold"',
  parameter: 'shape=box, style="filled", fillcolor="#dcefe0"',
  constant: 'shape=box, style="filled", fillcolor="#ededed"',
};

/**
 * The tape of a loss in Graphviz' language, with shapes, values and norms of gradients; call it before
 * `backward()`.
 * @throws GradientError for a tensor that is not on the tape, or whose tape has been used up.
 * @example writeFileSync("tape.dot", toDot(loss)); // dot -Tsvg tape.dot -o tape.svg
 */
export function toDot(loss: Tensor): string {
  const { nodes, edges } = pictureOf("toDot", loss);
  const lines = [
    ...nodes.map(
      ({ kind, title, lines: more }, i) =>
        `  n${i} [label=${quote([title, ...more].join("\n")).replaceAll("\n", String.raw`\n`)}, ${styles[kind]}];`,
    ),
    ...edges.map(([from, to]) => `  n${from} -> n${to};`),
  ];
  return `digraph tape {\n  node [fontname="sans-serif", fontsize=11];\n${lines.join("\n")}\n}\n`;
}
