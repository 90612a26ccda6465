// Looking at the tape.
import { entryOf, type Entry } from "../op/entry.ts";
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

  toString(): string {
    const rows = this.entries.map(({ index, op, attrs, inputs, outputs }) => [
      `%${index}`,
      "=",
      op,
      inputs.map(showValue).join(", "),
      "→",
      outputs.map(({ shape, dtype }) => `${dtype}${showShape(shape)}`).join(", "),
      showAttrs(attrs),
    ]);
    const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i].length))) ?? [];
    const lines = rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join(" ")
        .trimEnd(),
    );
    return lines.join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

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
  const trace = tensor.box ? tensor.box.trace : null;
  const entries = reachable(tensor, trace).reverse();
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
