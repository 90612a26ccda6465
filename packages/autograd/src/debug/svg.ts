// The tape of a loss as a picture.
import type { Tensor } from "../tensor/tensor.ts";
import { placeLayers, type Point } from "./layout.ts";
import { pictureOf, type PictureNode } from "./picture.ts";

const line = 16;
const margin = 20;

const sheet = `
.tape { color-scheme: light dark; font: 12px system-ui, sans-serif; }
.tape .page { fill: light-dark(#fbfaf7, #16171c); }
.tape .box { fill: light-dark(#fff, #22242c); stroke: light-dark(#b9b7af, #50535f); }
.tape .parameter .box { fill: light-dark(#e4f1e6, #1f3527); stroke: light-dark(#8fbb98, #4d7f5b); }
.tape .constant .box { fill: light-dark(#efeeea, #2a2b31); stroke: light-dark(#cfcdc6, #474954); }
.tape .loss .box { stroke: light-dark(#1f4e9c, #8ab4ff); stroke-width: 2.5; }
.tape .bad .box { fill: light-dark(#f9dcd8, #5a2320); stroke: light-dark(#9c1c12, #ffb7ad); }
.tape text { fill: light-dark(#1d1e24, #e8e8ec); text-anchor: middle; }
.tape .title { font-weight: 600; }
.tape .more { fill: light-dark(#55565f, #b1b3be); font-size: 11px; }
.tape .gradient { fill: light-dark(#8a3d0c, #f0b184); font-size: 11px; }
.tape path { fill: none; stroke: light-dark(#8b8c95, #7b7e8b); stroke-width: 1.2; }
.tape .head { fill: light-dark(#8b8c95, #7b7e8b); }
`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const escape = (text: string): string => text.replace(/[&<>"]/g, (it) => entities[it]);

/** Without a font at hand: the widths of letters on average, a little generous. */
const widthOf = ({ title, lines }: PictureNode): number =>
  24 + Math.max(title.length * 7.2, ...lines.map((it) => it.length * 6.4));

/**
 * A picture of the tape of a loss, as SVG: a box for each call and for each tensor that it starts from, with
 * shape, value (|x|: the norm of one with several elements) and norm of the gradient (∂); single numbers
 * stand in the box of the op that takes them. Boxes where a NaN or an infinity stands are red. Call it
 * before `backward()`; the tape and every `.grad` stay as they are.
 * @throws GradientError for a tensor that is not on the tape, or whose tape has been used up.
 * @example writeFileSync("tape.svg", toSvg(loss));
 */
export function toSvg(loss: Tensor): string {
  const { nodes, edges } = pictureOf("toSvg", loss);
  const sizes = nodes.map((node) => ({
    width: widthOf(node),
    height: (1 + node.lines.length) * line + 12,
  }));
  const isLeaf = nodes.map(({ kind }) => kind === "parameter" || kind === "constant");
  const { width, height, places, routes } = placeLayers(sizes, edges, isLeaf);
  const [w, h] = [width + 2 * margin, height + 2 * margin].map(Math.ceil);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="tape" role="img" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">
<title>The tape: ${nodes.filter((_, i) => !isLeaf[i]).length} calls</title>
<style>${sheet}</style>
<defs><marker id="tape-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>
<rect class="page" width="${w}" height="${h}"/>
<g transform="translate(${margin} ${margin})">
${routes.map(arrow).join("\n")}
${nodes.map((node, i) => box(node, places[i], sizes[i])).join("\n")}
</g>
</svg>
`;
}

const round = (x: number): number => Math.round(x * 10) / 10;

/** Smooth, and upright where it leaves, passes and arrives. */
function arrow(points: readonly Point[]): string {
  const [start, ...rest] = points;
  let path = `M${round(start.x)} ${round(start.y)}`;
  let from = start;
  for (const to of rest) {
    const bend = (to.y - from.y) / 2;
    path += `C${round(from.x)} ${round(from.y + bend)} ${round(to.x)} ${round(to.y - bend)} ${round(to.x)} ${round(to.y)}`;
    from = to;
  }
  return `<path d="${path}" marker-end="url(#tape-head)"/>`;
}

function box(
  { kind, title, lines, details, gradient }: PictureNode,
  { x, y }: Point,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const texts = [title, ...lines].map((text, i) => {
    const style = i === 0 ? "title" : text.startsWith("∂") ? "gradient" : "more";
    return `<text class="${style}" y="${i * line}">${escape(text)}</text>`;
  });
  const isBad =
    (gradient !== null && !Number.isFinite(gradient)) || /NaN|Infinity/.test(lines.join(" "));
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  return (
    `<g class="${kind}${isBad ? " bad" : ""}"><title>${escape(details)}</title>` +
    `<rect class="box" x="${left}" y="${top}" width="${round(width)}" height="${height}" rx="7"/>` +
    `<g transform="translate(${round(x)} ${round(top + line + 2)})">${texts.join("")}</g></g>`
  );
}
