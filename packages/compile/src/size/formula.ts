// What a number is for any size, found from what it was for two probes (see scope.ts).
import { apply, digits, type Derived, type Scope } from "./scope.ts";

/** A number for each size. */
export type Formula =
  | { readonly kind: "constant"; readonly value: number }
  /** a + b·size + c·size² */
  | { readonly kind: "polynomial"; readonly coefficients: readonly [number, number, number] }
  /** a + b · (the derived number at this place of the scope) */
  | { readonly kind: "derived"; readonly at: number; readonly a: number; readonly b: number }
  | { readonly kind: "product"; readonly at: number; readonly factor: Formula };

/** Coefficients are below this part of the probe: larger ones are no coefficients, but a quotient. */
const room = 32;

export class Formulas {
  private readonly scopes: readonly [Scope, Scope];
  private readonly known = new Map<string, Formula | null>();

  constructor(scopes: readonly [Scope, Scope]) {
    this.scopes = scopes;
  }

  /** The formula of a number, or null where none is found. */
  of(x: number, y: number): Formula | null {
    if (Object.is(x, y)) return { kind: "constant", value: x };
    const key = `${x} ${y}`;
    let formula = this.known.get(key);
    if (formula === undefined) this.known.set(key, (formula = this.find(x, y)));
    return formula;
  }

  private find(x: number, y: number): Formula | null {
    const coefficients = this.polynomial(x, y);
    if (coefficients) return { kind: "polynomial", coefficients };
    const [first, second] = this.scopes;
    for (const [at, { value }] of first.derived.entries()) {
      const other = second.derived[at]?.value;
      if (other === undefined) return null;
      const b = (y - x) / (other - value);
      const a = x - b * value;
      if (Number.isInteger(b) && Math.abs(a) * room < first.probe)
        return { kind: "derived", at, a, b };
    }
    for (const [at, { value }] of first.derived.entries()) {
      const [p, q] = [x / value, y / second.derived[at].value];
      if (!Number.isInteger(p) || !Number.isInteger(q)) continue;
      const factor = this.of(p, q);
      if (factor) return { kind: "product", at, factor };
    }
    return null;
  }

  /** The coefficients, if they are the same at both probes. */
  polynomial(x: number, y: number): readonly [number, number, number] | null {
    const [first, second] = this.scopes;
    const [a, b, c] = digits(x, first.probe);
    if (!isSmall(a, first) || !isSmall(b, first)) return null;
    return a + b * second.probe + c * second.probe ** 2 === y ? [a, b, c] : null;
  }

  /** What derived numbers are made of. @returns null where a part is of no form that is known */
  definitions(): readonly Definition[] | null {
    const [first, second] = this.scopes;
    if (first.derived.length !== second.derived.length) return null;
    const list: Definition[] = [];
    for (const [i, { kind, x, y }] of first.derived.entries()) {
      const other = second.derived[i];
      const [p, q] = [this.of(x, other.x), this.of(y, other.y)];
      if (kind !== other.kind || !p || !q) return null;
      list.push({ kind, x: p, y: q });
    }
    return list;
  }
}

const isSmall = (n: number, { probe }: Scope): boolean => Math.abs(n) * room <= probe;

export interface Definition {
  readonly kind: Derived["kind"];
  readonly x: Formula;
  readonly y: Formula;
}

/** The values of formulas for one size. */
export class Evaluation {
  private readonly size: number;
  private readonly derived: number[] = [];

  constructor(size: number, definitions: readonly Definition[]) {
    this.size = size;
    // Each is made of earlier ones.
    for (const { kind, x, y } of definitions)
      this.derived.push(apply(kind, this.value(x), this.value(y)));
  }

  value(formula: Formula): number {
    switch (formula.kind) {
      case "constant":
        return formula.value;
      case "polynomial": {
        const [a, b, c] = formula.coefficients;
        return a + b * this.size + c * this.size ** 2;
      }
      case "derived":
        return formula.a + formula.b * this.derived[formula.at];
      case "product":
        return this.derived[formula.at] * this.value(formula.factor);
    }
  }
}

/** Whether a formula depends on the size at all. */
export const isConstant = (formula: Formula): boolean => formula.kind === "constant";
