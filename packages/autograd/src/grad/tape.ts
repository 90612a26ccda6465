// Looking at the tape.
import { entryOf, type Entry } from "../op/entry.ts";
import { requireTensor } from "../op/operands.ts";
import type { Attrs } from "../op/attrs.ts";
import type { DType } from "../tensor/dtype.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isTracked, reachable } from "./backward.ts";

export interface TapeValue {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The entry that made it; "parameter" where a gradient ends; "constant" where none flows. */
  readonly source: number | "parameter" | "constant";
}

export interface TapeEntry {
  /** From 0, in the order of the calls. */
  readonly index: number;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly TapeValue[];
  readonly outputs: readonly TapeValue[];
}

/** The entries that a tensor was computed by; printed as a table. */
export class Tape {
  readonly entries: readonly TapeEntry[];

  constructor(entries: readonly TapeEntry[]) {
    this.entries = entries;
  }

  get length(): number {
    return this.entries.length;
  }

  [Symbol.iterator](): IterableIterator<TapeEntry> {
    return this.entries[Symbol.iterator]();
  }

  /** A line for each entry; of long tapes the first and the last ones. */
  toString(): string {
    if (this.length === 0) return "an empty tape: no op has made this tensor";
    const isLong = this.length > 2 * edge;
    const shown = isLong
      ? [...this.entries.slice(0, edge), ...this.entries.slice(-edge)]
      : this.entries;
    const rows = shown.map(({ index, op, attrs, inputs, outputs }) => [
      `%${index}`,
      "=",
      op,
      inputs.map(showValue).join(", "),
      "→",
      outputs.map(({ shape, dtype }) => `${dtype}${showShape(shape)}`).join(", "),
      showAttrs(attrs),
    ]);
    const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
    const lines = rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join(" ")
        .trimEnd(),
    );
    if (isLong) lines.splice(edge, 0, `… ${this.length - 2 * edge} more entries …`);
    return lines.join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** How many entries are printed at either end of a long tape. */
const edge = 100;

const showValue = ({ shape, source }: TapeValue): string =>
  typeof source === "number" ? `%${source}` : `${source}${showShape(shape)}`;

const showAttrs = (attrs: Attrs): string => {
  const parts = Object.entries(attrs).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return parts.length > 0 ? `{ ${parts.join(", ")} }` : "";
};

/**
 * The tape of a tensor: the calls that its gradient goes through, in order.
 * @example console.log(tapeOf(loss));
 */
export function tapeOf(tensor: Tensor): Tape {
  requireTensor("tapeOf", tensor);
  const trace = tensor.box ? tensor.box.trace : null;
  const entries = reachable(tensor, trace, "tapeOf").reverse();
  const indexOf = new Map<Entry, number>(entries.map((entry, i) => [entry, i]));
  const describe = (t: Tensor): TapeValue => {
    const entry = entryOf(t);
    const index = entry ? indexOf.get(entry) : undefined;
    const source = index ?? (isTracked(t, trace) ? "parameter" : "constant");
    return { shape: t.layout.shape, dtype: t.dtype, source };
  };
  return new Tape(
    entries.map((entry, index) => ({
      index,
      op: entry.op.name,
      attrs: entry.attrs,
      inputs: entry.inputs.map(describe),
      outputs: entry.outputSpecs.map(({ shape, dtype }) => ({ shape, dtype, source: index })),
    })),
  );
}
