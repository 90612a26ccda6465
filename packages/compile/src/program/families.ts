// Which calls of a compiled function share a program for many sizes, and how that comes about: the third
// size of an axis makes it symbolic, or the user's word.
import { OptionError, type Tensor } from "@wengert/autograd";
import { Family, resized, sizeOf, type Axes, type Runnable, type Shapes } from "./family.ts";
import { hold } from "../record/fields.ts";
import type { Recording } from "../record/recorder.ts";
import { NotSymbolic } from "../size/not-symbolic.ts";

/** A call, and how to record the function for one that differs in shapes alone. */
export interface SizedCall {
  /** Equal for calls that differ in shapes alone. */
  readonly kind: string;
  readonly shapes: Shapes;
  readonly record: (shapes: Shapes) => Recording;
}

/** Shapes that a function was compiled for one by one. */
interface Known {
  readonly shapes: Shapes;
  readonly recording: Recording;
}

/** What is remembered of calls of a kind. */
interface Kind {
  readonly families: Family[];
  readonly known: Known[];
  /** Why axes are not symbolic, by the axes. */
  readonly refused: Map<string, string>;
}

/** Calls of the past that are compared with new ones. */
const mostKnown = 8;
/** Programs for many sizes of one kind of call, for different axes and states of the surroundings. */
const mostFamilies = 16;

export class Families {
  private readonly kinds = new Map<string, Kind>();
  /** Axes that the user has named, or how they are found. */
  private readonly named: Axes | "automatic";

  constructor(named: Axes | "automatic") {
    this.named = named;
  }

  get compilations(): number {
    return this.all().reduce((sum, { compilations }) => sum + compilations, 0);
  }

  /** What runs the call, if there is a program that does. */
  find(call: SizedCall): readonly [Runnable, Recording] | null {
    const { families, refused } = this.kind(call);
    for (const family of families) {
      const size = family.sizeOf(call.shapes);
      if (size === null) continue;
      const recording = call.record(call.shapes);
      const made = attempt(() => family.at(size, recording));
      if (typeof made !== "string") return [made, recording];
      refused.set(`${size}`, made);
    }
    return null;
  }

  /** Makes a program for many sizes, if this call gives reason to. */
  found(call: SizedCall, recording: Recording): Runnable | null {
    const kind = this.kind(call);
    const { named } = this;
    // Where the function does something else for this size, it stays by itself.
    if (kind.families.some((family) => family.sizeOf(call.shapes) !== null)) return null;
    if (kind.families.length >= mostFamilies) return null;
    const made =
      named === "automatic"
        ? this.automatic(kind, call, recording)
        : this.byName(kind, call, recording, named);
    if (made) return made;
    kind.known.unshift({ shapes: call.shapes, recording });
    kind.known.splice(mostKnown);
    return null;
  }

  /** What is symbolic and what is not, for people. */
  describe(): string[] {
    return [...this.kinds.values()].flatMap(({ families, refused }) => [
      ...families.map(
        ({ axes, capacity }) => `one program for sizes of ${showAxes(axes)}, up to ${capacity}`,
      ),
      ...[...refused].map(([what, reason]) => `a program for each of ${what}: ${reason}`),
    ]);
  }

  private automatic(kind: Kind, call: SizedCall, recording: Recording): Runnable | null {
    const others = kind.known.filter((it) => hold(it.recording.guards));
    for (const [i, first] of others.entries()) {
      const axes = difference(call.shapes, first.shapes);
      if (!axes || kind.refused.has(showAxes(axes))) continue;
      const size = sizeOf(call.shapes, axes);
      const before = sizeOf(first.shapes, axes);
      if (size === null || before === null) continue;
      const second = others.slice(i + 1).find(({ shapes }) => {
        const other = difference(call.shapes, shapes);
        const isSame = other !== null && showAxes(other) === showAxes(axes);
        const third = isSame ? sizeOf(shapes, axes) : null;
        return third !== null && third !== before;
      });
      if (!second) continue;
      const sizes = [size, before, sizeOf(second.shapes, axes)!];
      const recordings = [recording, first.recording, second.recording];
      const made = this.make(kind, call, axes, sizes, recordings, Math.max(...sizes));
      if (made) return made;
    }
    return null;
  }

  private byName(kind: Kind, call: SizedCall, recording: Recording, axes: Axes): Runnable | null {
    checkAxes(call.shapes, axes);
    const complete = call.shapes.map((_, i) => axes[i] ?? []);
    const size = sizeOf(call.shapes, complete);
    if (size === null || kind.refused.has(showAxes(complete))) return null;
    const record = (n: number): Recording => call.record(resized(call.shapes, complete, n));
    // Other sizes that the function is likely to take: some must be even, or have a limit.
    for (const [p, q] of [
      [2 * size, 3 * size],
      [size + 1, size + 2],
      [size - 1, size - 2],
    ]) {
      if (Math.min(p, q) < 2) continue;
      let recordings;
      try {
        recordings = [recording, record(p), record(q)];
      } catch (error) {
        kind.refused.set(showAxes(complete), messageOf(error));
        continue;
      }
      kind.refused.delete(showAxes(complete));
      return this.make(kind, call, complete, [size, p, q], recordings, size);
    }
    return null;
  }

  private make(
    kind: Kind,
    call: SizedCall,
    axes: Axes,
    sizes: readonly number[],
    recordings: readonly Recording[],
    seen: number,
  ): Runnable | null {
    const [size] = sizes;
    const made = attempt(() => {
      const family = new Family(call.shapes, axes, sizes, recordings, seen);
      const runnable = family.at(size, recordings[0]);
      kind.families.push(family);
      return runnable;
    });
    if (typeof made !== "string") return made;
    kind.refused.set(showAxes(axes), made);
    return null;
  }

  private kind({ kind }: SizedCall): Kind {
    let known = this.kinds.get(kind);
    if (!known) this.kinds.set(kind, (known = { families: [], known: [], refused: new Map() }));
    return known;
  }

  private all(): Family[] {
    return [...this.kinds.values()].flatMap(({ families }) => families);
  }
}

/** The axes in which shapes of the same ranks differ; null if they do not. */
function difference(a: Shapes, b: Shapes): Axes | null {
  const axes = a.map((shape, i) => [...shape.keys()].filter((d) => shape[d] !== b[i][d]));
  return axes.some((those) => those.length > 0) ? axes : null;
}

/** The result, or why there is none. */
function attempt<R>(f: () => R): R | string {
  try {
    return f();
  } catch (error) {
    if (error instanceof NotSymbolic) return error.message;
    throw error;
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.split("\n")[0] : String(error);

const showAxes = (axes: Axes): string =>
  axes.flatMap((those, i) => those.map((axis) => `axis ${axis} of tensor ${i}`)).join(", ");

function checkAxes(shapes: Shapes, axes: Axes): void {
  axes.forEach((those, i) => {
    for (const axis of those) {
      const rank = shapes[i]?.length ?? 0;
      if (Number.isInteger(axis) && axis >= 0 && axis < rank) continue;
      throw new OptionError({
        where: "compile",
        expected: "for each tensor of the arguments an axis of it, or null",
        got: `axis ${axis} for tensor ${i}, which ${shapes[i] ? `has ${rank} axes` : "is not there"}`,
        fix: "List axes in the order of the tensors, e.g. compile(f, { symbolic: [0, null] }).",
      });
    }
  });
}

/** Shapes of tensors, and what does not depend on them. */
export const kindOf = ({ dtype, shape }: Tensor): string => `${dtype}/${shape.length}`;
