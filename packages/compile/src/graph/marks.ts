// What stands in a graph for many sizes where recordings differ, and how it is found and filled in.
import type { TypedArray } from "@wengert/autograd";
import { NotSymbolic } from "../size/not-symbolic.ts";

/** a + b·size + c·size² */
export class Polynomial {
  readonly coefficients: readonly [a: number, b: number, c: number];

  constructor(coefficients: readonly [number, number, number]) {
    this.coefficients = coefficients;
  }

  at(size: number): number {
    const [a, b, c] = this.coefficients;
    return a + b * size + c * size * size;
  }
}

/** A number in a computation that is another one for another size, as 1/n in a mean. */
export class Hole {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** The elements of a constant that are all the same, however many there are. */
export class Uniform {
  readonly value: number | Hole;
  /** One element. */
  readonly data: TypedArray;

  constructor(value: number | Hole, data: TypedArray) {
    this.value = value;
    this.data = data;
  }
}

/** The elements of a constant that are evenly spaced, as those of arange(n). */
export class Progression {
  readonly start: number;
  readonly step: number;

  constructor(start: number, step: number) {
    this.start = start;
    this.step = step;
  }

  /** Whether these are its elements, exactly. */
  isIn(data: TypedArray): boolean {
    const one = data.slice(0, 1);
    return data.every((x, i) => {
      one[0] = this.start + i * this.step;
      return Object.is(one[0], x);
    });
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isData = (value: unknown): value is TypedArray => ArrayBuffer.isView(value);
const isNumber = (value: unknown): value is number => typeof value === "number";

/** Compares what was recorded for three sizes. */
export class Comparison {
  readonly polynomials: Polynomial[] = [];
  holes = 0;
  private readonly sizes: readonly number[];

  constructor(sizes: readonly number[]) {
    this.sizes = sizes;
  }

  /** The common form: the first value itself where all are the same. @throws NotSymbolic */
  common(values: readonly unknown[], where: string): unknown {
    const [first] = values;
    if (values.every((value) => Object.is(value, first))) return first;
    if (values.every(isNumber)) return this.polynomial(values, where);
    if (values.every(isData)) return this.elements(values);
    if (!values.every(isFields)) throw different(where);
    if (Array.isArray(first)) {
      const lists = values as unknown as readonly (readonly unknown[])[];
      if (lists.some((list) => list.length !== first.length)) throw different(where);
      return shared(
        first,
        first.map((_, i) =>
          this.common(
            lists.map((list) => list[i]),
            where,
          ),
        ),
      );
    }
    return this.fields(values, where);
  }

  private fields(values: readonly Fields[], where: string): unknown {
    const [first] = values;
    const keys = Object.keys(first);
    if (values.some((value) => Object.keys(value).length !== keys.length)) throw different(where);
    const isConst = values.every(({ kind, value }) => kind === "const" && isNumber(value));
    const made = keys.map((key) => {
      const list = values.map((value) => value[key]);
      // A host op's body may be a closure made anew at each call.
      if (key === "run" && list.every((it) => typeof it === "function")) return [key, list[0]];
      if (isConst && key === "value") return [key, this.constant(list as number[])];
      return [key, this.common(list, where)];
    });
    return shared(first, Object.fromEntries(made));
  }

  private constant(values: readonly number[]): number | Hole {
    return values.every((value) => Object.is(value, values[0]))
      ? values[0]
      : new Hole(this.holes++);
  }

  private elements(arrays: readonly TypedArray[]): TypedArray | Uniform | Progression {
    const [first] = arrays;
    const isSame = arrays.every(
      (it) => it.length === first.length && it.every((x, i) => Object.is(x, first[i])),
    );
    if (isSame) return first;
    if (arrays.every(isUniform)) {
      return new Uniform(this.constant(arrays.map((it) => it[0])), first.slice(0, 1));
    }
    const progression = new Progression(first[0], first[1] - first[0]);
    if (arrays.every((it) => progression.isIn(it))) return progression;
    throw new NotSymbolic(
      `a constant depends on the size (${arrays.map((it) => it.length).join()} elements)`,
    );
  }

  /** The polynomial of integer coefficients through the numbers. */
  private polynomial(values: readonly number[], where: string): Polynomial {
    const [p, q, r] = this.sizes;
    const [x, y, z] = values;
    const slope = (y - x) / (q - p);
    const c = ((z - y) / (r - q) - slope) / (r - p);
    const b = slope - c * (p + q);
    const a = x - b * p - c * p * p;
    if (![...values, a, b, c].every(Number.isInteger)) {
      const shown = values.map((value, i) => `${value} for ${this.sizes[i]}`).join(", ");
      throw new NotSymbolic(`a number of ${where} is no polynomial of the size (${shown})`);
    }
    const polynomial = new Polynomial([a, b, c]);
    this.polynomials.push(polynomial);
    return polynomial;
  }
}

const isUniform = (data: TypedArray): boolean =>
  data.length > 0 && data.every((x) => Object.is(x, data[0]));

const different = (where: string) =>
  new NotSymbolic(`${where} does something else for another size`);

/** The original where nothing in it is marked. */
function shared<T extends object>(original: T, made: T): T {
  const isSame = Object.keys(made).every(
    (key) => (made as Fields)[key] === (original as Fields)[key],
  );
  if (isSame) return original;
  marked.add(made);
  return made;
}

/** Lists and objects in which a mark stands somewhere. */
const marked = new WeakSet<object>();

export const hasMarks = (value: unknown): boolean => isFields(value) && marked.has(value);

/** The value with numbers in the place of polynomials; holes stay. */
export function filled<T>(value: T, size: number): T {
  if (value instanceof Polynomial) return value.at(size) as T;
  if (!isFields(value) || !marked.has(value)) return value;
  const made: unknown = Array.isArray(value)
    ? value.map((it: unknown) => filled(it, size))
    : Object.fromEntries(Object.entries(value).map(([key, it]) => [key, filled(it, size)]));
  const isOpen = Object.values(made as Fields).some((it) => it instanceof Hole || hasMarks(it));
  if (isOpen) marked.add(made as object);
  return made as T;
}

/** Whether a value is what the form is for a size; `holes` takes the numbers in place of the holes. */
export function fits(form: unknown, value: unknown, size: number, holes: number[]): boolean {
  if (form instanceof Polynomial) return form.at(size) === value;
  if (form instanceof Hole) {
    if (!isNumber(value)) return false;
    holes[form.number] = value;
    return true;
  }
  if (form instanceof Uniform) {
    if (!isData(value) || !isUniform(value)) return false;
    return form.value instanceof Hole
      ? fits(form.value, value[0], size, holes)
      : Object.is(form.value, value[0]);
  }
  if (form instanceof Progression) return isData(value) && form.isIn(value);
  if (Object.is(form, value)) return true;
  if (!isFields(form) || !isFields(value)) return false;
  if (isData(form)) {
    return (
      isData(value) && form.length === value.length && form.every((x, i) => Object.is(x, value[i]))
    );
  }
  const keys = Object.keys(form);
  return (
    Array.isArray(form) === Array.isArray(value) &&
    keys.length === Object.keys(value).length &&
    keys.every((key) => {
      const [x, y] = [form[key], value[key]];
      if (key === "run" && typeof x === "function" && typeof y === "function") return true;
      return fits(x, y, size, holes);
    })
  );
}
