// A failing program as text that can be pasted into a file.
import { sourceOf } from "./source.ts";
import type { RandomProgram, Source } from "./program.ts";

export function report(program: RandomProgram, complaint: string): string {
  const lines = [...program.cells, ...program.inputs]
    .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(sourceOf(program) ?? ""))
    .map((source) => `const ${source.name} = ${created(source)};`);
  return [
    `${program.mode}: ${complaint}`,
    "",
    ...lines,
    `const step = ${sourceOf(program)};`,
    "",
  ].join("\n");
}

function created({ dtype, shape, data }: Source): string {
  const list = data.map((x) => (dtype === "bool" ? x === 1 : Object.is(x, -0) ? "-0" : x));
  return `reshape(tensor([${list.join(", ")}], { dtype: "${dtype}" }), [${shape.join(", ")}])`;
}
