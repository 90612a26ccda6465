// The choices that a random program is made of: small numbers, so that they shrink.
import type { DType } from "@wengert/autograd";

/** A value of the program under construction. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export const isFloat = ({ dtype }: Pick<Value, "dtype">): boolean =>
  dtype === "float32" || dtype === "float64";
export const isInt = ({ dtype }: Value): boolean => dtype === "int32";
export const isBool = ({ dtype }: Value): boolean => dtype === "bool";

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Makes the choices of one step. 0 everywhere is the simplest step: the first op on the latest value. */
export class Chooser {
  readonly values: readonly Value[];
  readonly cells: readonly Value[];
  readonly dtypes: readonly DType[];
  private readonly numbers: readonly number[];
  private next = 0;

  constructor(
    numbers: readonly number[],
    values: readonly Value[],
    cells: readonly Value[],
    dtypes: readonly DType[],
  ) {
    this.numbers = numbers;
    this.values = values;
    this.cells = cells;
    this.dtypes = dtypes;
  }

  /** A whole number from 0 to n − 1. */
  int(n: number): number {
    if (n <= 1) return 0;
    return this.numbers[this.next++ % this.numbers.length] % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)];
  }

  /** One of the values that fit; the latest first. Null where there is none. */
  value(fits: (value: Value) => boolean = () => true): Value | null {
    const list = this.values.filter(fits);
    if (list.length === 0) return null;
    // Half of the time one of the last few: chains grow long that way.
    const among = this.int(2) === 0 ? Math.min(4, list.length) : list.length;
    return list[list.length - 1 - this.int(among)];
  }

  cell(fits: (value: Value) => boolean): Value | null {
    const list = this.cells.filter(fits);
    return list.length === 0 ? null : this.pick(list);
  }

  axis({ shape }: Value): number {
    return this.int(shape.length);
  }

  /** Some axes, at least one where there are any. */
  axes({ shape }: Value): number[] {
    const first = this.int(shape.length);
    return [...shape.keys()].filter((d) => d === first || this.int(3) === 1);
  }

  shuffled(count: number): number[] {
    const rest = Array.from({ length: count }, (_, i) => i);
    const order: number[] = [];
    while (rest.length > 0) order.push(...rest.splice(this.int(rest.length), 1));
    return order;
  }
}

export const show = (list: readonly (number | null | readonly unknown[])[]): string =>
  JSON.stringify(list).replaceAll(",", ", ");

/** Whether two shapes broadcast to one that is not too large. */
export function fitTogether(a: readonly number[], b: readonly number[]): boolean {
  const rank = Math.max(a.length, b.length);
  let size = 1;
  for (let d = 1; d <= rank; d++) {
    const [n, m] = [a.at(-d) ?? 1, b.at(-d) ?? 1];
    if (n !== m && n !== 1 && m !== 1) return false;
    size *= n === 1 ? m : n;
  }
  return size <= maxSize;
}

/** The most elements that a value of a program has. */
export const maxSize = 600;

export type Template = (c: Chooser) => string | null;

/** A template about one value. */
export const about =
  (fits: (value: Value) => boolean, write: (x: Value, c: Chooser) => string | null): Template =>
  (c) => {
    const x = c.value(fits);
    return x && write(x, c);
  };
