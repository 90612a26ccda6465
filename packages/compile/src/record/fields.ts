// What stands in the fields of objects that a function uses: modules, lists of parameters. A program holds for
// what was there when it was recorded.

/** Something outside that the course of the function depends on. */
export interface Guard {
  readonly read: () => unknown;
  readonly value: unknown;
}

/** Whether what a function was recorded under is as it was. */
export function hold(guards: readonly Guard[]): boolean {
  for (const { read, value } of guards) if (!Object.is(read(), value)) return false;
  return true;
}

type Holder = Record<string, unknown>;

/** The fields of an object and of containers among them, from before a function uses them. */
export class Fields {
  private holders: Holder[] = [];
  private keys: string[] = [];
  private values: unknown[] = [];

  constructor(owner: object) {
    this.visit(owner, [owner]);
  }

  private visit(object: object, above: readonly object[]): void {
    const holder = object as Holder;
    const names = Object.keys(object);
    if (Array.isArray(object)) names.push("length");
    for (const key of names) {
      const value = holder[key];
      this.holders.push(holder);
      this.keys.push(key);
      this.values.push(value);
      if (isContainer(value) && !above.includes(value)) this.visit(value, [...above, value]);
    }
  }

  /** Whether they are as they were, when the function is done. What it has changed itself, such as a counter,
   *  is no concern from then on. */
  guard(): Guard {
    const isKept = this.keys.map((_, i) => this.isSame(i));
    this.holders = this.holders.filter((_, i) => isKept[i]);
    this.keys = this.keys.filter((_, i) => isKept[i]);
    this.values = this.values.filter((_, i) => isKept[i]);
    return { read: () => this.areSame(), value: true };
  }

  /** At every call: nothing is allocated. */
  private areSame(): boolean {
    for (let i = 0; i < this.keys.length; i++) if (!this.isSame(i)) return false;
    return true;
  }

  private isSame(i: number): boolean {
    return Object.is(this.holders[i][this.keys[i]], this.values[i]);
  }
}

/** Arrays and plain objects; what has a class of its own speaks for itself. */
function isContainer(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
