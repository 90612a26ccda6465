// What stands in the fields of objects that a function uses: modules, lists of parameters. A program holds for
// what was there when it was recorded.

/** Something outside that the course of the function depends on. */
export interface Guard {
  readonly read: () => unknown;
  readonly value: unknown;
  /** How many tensors or objects it looks at, if not one. */
  readonly count?: number;
}

/** Whether what a function was recorded under is as it was. */
export function hold(guards: readonly Guard[]): boolean {
  for (let i = 0; i < guards.length; i++) {
    const { read, value } = guards[i];
    if (!Object.is(read(), value)) return false;
  }
  return true;
}

type Holder = Record<string, unknown>;

/** The fields of objects and of containers among them, from before a function uses them. */
export class Fields {
  private readonly owners = new Set<object>();
  /** In order, each holder once: with all of its keys, and what stood there. */
  private readonly holders = new Map<Holder, readonly (readonly [key: string, value: unknown])[]>();

  add(owner: object): void {
    if (this.owners.has(owner)) return;
    this.owners.add(owner);
    this.visit(owner);
  }

  private visit(object: object): void {
    const holder = object as Holder;
    if (this.holders.has(holder)) return;
    const entries = Object.entries(holder);
    if (Array.isArray(object)) entries.push(["length", object.length]);
    this.holders.set(holder, entries);
    for (const [, value] of entries) if (isContainer(value)) this.visit(value);
  }

  /** Whether they are as they were, when the function is done. What it has changed itself, such as a counter,
   *  is no concern from then on. */
  guard(): Guard {
    const kept = new Snapshot();
    for (const [holder, entries] of this.holders) kept.take(holder, entries);
    return { read: () => kept.isUnchanged(), value: true, count: this.owners.size };
  }
}

/** What stands in fields, laid out to be compared at each call: nothing is allocated for that. */
class Snapshot {
  private readonly arrays: (readonly unknown[])[] = [];
  private readonly elements: unknown[][] = [];
  private readonly holders: Holder[] = [];
  private readonly keys: string[] = [];
  private readonly values: unknown[] = [];

  /** Takes those fields that have kept their values. */
  take(holder: Holder, entries: readonly (readonly [key: string, value: unknown])[]): void {
    const same = entries.filter(([key, value]) => Object.is(holder[key], value));
    // An element by its number is found more quickly than a field by its name.
    if (isDense(holder) && same.length === holder.length + 1) {
      this.arrays.push(holder);
      this.elements.push([...(holder as unknown[])]);
      return;
    }
    for (const [key, value] of same) {
      this.holders.push(holder);
      this.keys.push(key);
      this.values.push(value);
    }
  }

  isUnchanged(): boolean {
    const { arrays, elements, holders, keys, values } = this;
    for (let i = 0; i < arrays.length; i++) if (!areEqual(arrays[i], elements[i])) return false;
    for (let i = 0; i < keys.length; i++) {
      if (!Object.is(holders[i][keys[i]], values[i])) return false;
    }
    return true;
  }
}

/** Whether it is an array with nothing but elements, and all of them. */
const isDense = (holder: object): holder is unknown[] & Holder =>
  Array.isArray(holder) && Object.keys(holder).length === holder.length;

function areEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Arrays and plain objects; what has a class of its own speaks for itself. */
function isContainer(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
