// The function that a random program is, by its mode, as text.
import { isFloat, type Value } from "./chooser.ts";
import type { RandomProgram } from "./program.ts";

const names = (values: readonly Value[]): string => values.map(({ name }) => name).join(", ");

/** One scalar made of all float outputs. */
const lossOf = (outputs: readonly Value[], float: string): string =>
  outputs
    .filter(isFloat)
    .map(({ name }) => `cast(probe(${name}), "${float}")`)
    .reduce((sum, term) => (sum ? `add(${sum}, ${term})` : term), "");

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** What is differentiated: the floating-point inputs. */
const movingInputs = ({ inputs }: RandomProgram): Value[] => inputs.filter(isFloat);

/** The text of the step, or null where the program has nothing to offer to its mode. */
export function sourceOf(program: RandomProgram): string | null {
  const { mode, inputs, lines, outputs } = program;
  const floats = movingInputs(program);
  const float = floats.some(({ dtype }) => dtype === "float64") ? "float64" : "float32";
  const loss = lossOf(outputs, float);
  if (outputs.length === 0) return null;
  if (mode !== "values" && mode !== "vmap" && (loss === "" || floats.length === 0)) return null;
  const args = names(inputs);
  const moving = names(floats);
  const body = indented(lines);
  const arrow = (params: string, result: string): string[] => [
    `(${params}) => {`,
    ...body,
    `  return ${result};`,
    "}",
  ];
  const wrap = (params: string, result: string, inner: readonly string[]): string =>
    [
      `(${params}) => {`,
      ...indented([`const f = ${inner[0]}`, ...inner.slice(1, -1), `};`]),
      `  return ${result};`,
      "}",
    ].join("\n");
  switch (mode) {
    case "values":
      return arrow(args, `[${names(outputs)}]`).join("\n");
    case "grad":
      return wrap(
        args,
        `valueAndGrad(f, { argnums: [${floats.map((_, i) => i).join(", ")}] })(${moving})`,
        arrow(moving, loss),
      );
    case "jvp":
      return wrap(
        args,
        `jvp(f, [${moving}], [${floats.map(({ name }) => `cos(${name})`).join(", ")}])`,
        arrow(moving, outputs.find(isFloat)!.name),
      );
    case "vmap":
      return wrap(args, `vmap(f)(${args})`, arrow(args, `[${names(outputs)}]`));
    case "per example": {
      const others = inputs.filter((input) => !isFloat(input));
      const inner = wrap(
        names([...floats, ...others]),
        `grad(f, { argnums: [${floats.map((_, i) => i).join(", ")}] })(${moving})`,
        arrow(moving, loss),
      ).split("\n");
      return [
        `(${args}) => {`,
        ...indented([`const each = ${inner[0]}`, ...inner.slice(1, -1), "};"]),
        `  return vmap(each)(${names([...floats, ...others])});`,
        "}",
      ].join("\n");
    }
    case "tape":
      return [
        `(${names(inputs.filter((input) => !isFloat(input)))}) => {`,
        ...indented(floats.map(({ name }) => `${name}.grad = null;`)),
        ...body,
        // Something of a parameter is always in the loss: backward refuses one that is off the tape.
        `  const loss = add(${loss}, cast(probe(${floats[0].name}), "${float}"));`,
        "  loss.backward();",
        ...indented(
          floats.map(
            ({ name }) =>
              `if (${name}.grad) assign(${name}, detach(sub(${name}, mul(${name}.grad, 0.0625))));`,
          ),
        ),
        `  return [loss, ${names(outputs)}];`,
        "}",
      ].join("\n");
  }
}
