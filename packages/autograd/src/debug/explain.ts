// The tape of a loss as a table.
import type { Attrs } from "../op/attrs.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { showShape } from "../tensor/shape.ts";
import { graphOf, type TapeCall, type TapeGraph, type TapeInput, type TapeLeaf } from "./graph.ts";
import { showBytes, showMilliseconds, showNumber } from "./words.ts";

/** What a loss was computed by, and what its gradient does there; printed as a table. */
export class TapeReport implements TapeGraph {
  readonly calls: readonly TapeCall[];
  readonly leaves: readonly TapeLeaf[];

  constructor({ calls, leaves }: TapeGraph) {
    this.calls = calls;
    this.leaves = leaves;
  }

  /** What the calls' outputs take. */
  get bytes(): number {
    return this.calls.flatMap(({ outputs }) => outputs).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Milliseconds of all calls, forward and backward. */
  get milliseconds(): number {
    return this.calls.reduce((sum, it) => sum + (it.forward ?? 0) + it.backward, 0);
  }

  toString(): string {
    const rows = this.calls.map(({ op, attrs, inputs, outputs, forward, backward }, i) => [
      `%${i}`,
      op,
      inputs.map((input) => this.nameOf(input)).join(", "),
      outputs.map(({ shape }) => showShape(shape)).join(" "),
      showBytes(outputs.reduce((sum, { bytes }) => sum + bytes, 0)),
      forward === null ? "–" : showMilliseconds(forward),
      showMilliseconds(backward),
      outputs.map(({ gradientNorm }) => showNumber(gradientNorm)).join(" "),
      showAttrs(attrs),
    ]);
    const parameters = this.leaves.flatMap((leaf, i) =>
      leaf.kind === "parameter"
        ? [`${this.nameOf({ kind: "leaf", leaf: i })}: ‖gradient‖ ${showNumber(leaf.gradientNorm)}`]
        : [],
    );
    return [
      table(heads, rows),
      `${this.calls.length} calls, ${showBytes(this.bytes)}, ${showMilliseconds(this.milliseconds)}`,
      ...parameters,
    ].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  private nameOf(input: TapeInput): string {
    if (input.kind === "call") return `%${input.call}`;
    const { kind, shape, value } = this.leaves[input.leaf];
    if (shape.length === 0 && kind === "constant") return showNumber(value);
    return `${kind === "parameter" ? "p" : "c"}${input.leaf}${showShape(shape)}`;
  }
}

const heads = [
  "",
  "op",
  "inputs",
  "shape",
  "bytes",
  "forward",
  "backward",
  "‖gradient‖",
  "options",
];
/** Columns of numbers, which stand at the right. */
const numeric = new Set([4, 5, 6, 7]);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const showAttrs = (attrs: Attrs): string => {
  const parts = Object.entries(attrs).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return parts.length > 0 ? `{ ${parts.join(", ")} }` : "";
};

/**
 * What a loss was computed by, call by call: op, inputs, shape, bytes, the time of the op and of its
 * derivative rules, and the norm of the gradient there; for looking at by eye. Call it before
 * `backward()`, which uses the tape up; the tape and every `.grad` stay as they are.
 * (`program.explain()` is the same for a compiled function.)
 *
 * @throws GradientError for a tensor that is not on the tape, or whose tape has been used up.
 * @example console.log(explain(loss));
 */
export const explain = (loss: Tensor): TapeReport => new TapeReport(graphOf("explain", loss));
