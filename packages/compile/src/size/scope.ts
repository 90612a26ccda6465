// Sizes that are not known when a program is planned and written. While that happens, a number stands for
// the size: a *probe*, a prime much larger than every number of the program that does not depend on
// the size. So plans and code generators go on computing with plain numbers, and a number that is large
// is one that depends on the size. Code is written for two probes; where the two differ is where the
// size comes in (see formula.ts).
//
// Polynomials of the size can be read off the two numbers. What is none (how many blocks of six rows there
// are) must be asked for here: it gets a number of its own that stands for it.

export interface Derived {
  readonly kind: "ceilDiv" | "atMost" | "lastPart" | "plus";
  readonly x: number;
  readonly y: number;
  /** The number that stands for the result. */
  readonly value: number;
}

export class Scope {
  readonly probe: number;
  /** Which of the two probes this is. */
  readonly which: 0 | 1;
  readonly derived: Derived[] = [];
  private readonly threshold: number;
  private readonly usual: number;
  private readonly known = new Map<string, number>();
  private readonly guesses = new Map<number, number>();

  /** `least` is the smaller one of the two probes; `usual` a size by which to decide what pays. */
  constructor(probe: number, which: 0 | 1, least: number, usual: number) {
    this.probe = probe;
    this.which = which;
    this.threshold = least / 2;
    this.usual = usual;
  }

  isSymbolic(n: number): boolean {
    return Math.abs(n) >= this.threshold;
  }

  isDerived(n: number): boolean {
    return this.guesses.has(n);
  }

  derive(kind: Derived["kind"], x: number, y: number): number {
    const key = `${kind} ${x} ${y}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const i = this.derived.length + 1;
    // Apart from each other and from polynomials of small coefficients at both probes.
    const value = this.which === 0 ? 3 * this.probe + 4099 * i : 5 * this.probe - 8209 * i;
    this.derived.push({ kind, x, y, value });
    this.known.set(key, value);
    this.guesses.set(value, apply(kind, this.guess(x), this.guess(y)));
    return value;
  }

  /** About what a number is for a usual size. */
  guess(n: number): number {
    const known = this.guesses.get(n);
    if (known !== undefined) return known;
    if (!this.isSymbolic(n)) return n;
    const squares = Math.round(n / this.probe ** 2);
    const rest = (n / this.probe - squares * this.probe) * this.usual;
    // Whole, so that both probes lead to the same guess.
    return Math.round(squares * this.usual ** 2 + rest);
  }
}

export function apply(kind: Derived["kind"], x: number, y: number): number {
  switch (kind) {
    case "ceilDiv":
      return Math.ceil(x / y);
    case "atMost":
      return Math.min(x, y);
    case "lastPart":
      return x - y * Math.max(0, Math.ceil(x / y) - 1);
    case "plus":
      return x + y;
  }
}

let scope: Scope | null = null;

/** Runs f with a number that stands for a size; null: all sizes are known. */
export function withScope<R>(inner: Scope | null, f: () => R): R {
  const outer = scope;
  scope = inner;
  try {
    return f();
  } finally {
    scope = outer;
  }
}

/** Whether a number depends on the size that is not known. */
export const isSymbolic = (n: number): boolean => scope !== null && scope.isSymbolic(n);

/** Whether a number stands for something that is no polynomial of the size. */
export const isDerived = (n: number): boolean => scope !== null && scope.isDerived(n);

/** A number by which to decide what pays: itself, or what it is for a usual size. */
export const likely = (n: number): number => (scope === null ? n : scope.guess(n));

const derive = (kind: Derived["kind"], x: number, y: number): number =>
  scope !== null && (scope.isSymbolic(x) || scope.isSymbolic(y))
    ? scope.derive(kind, x, y)
    : apply(kind, x, y);

/** ⌈x / y⌉ */
export const ceilDiv = (x: number, y: number): number => derive("ceilDiv", x, y);

/** The lesser of two. */
export const atMost = (x: number, y: number): number => derive("atMost", x, y);

/** What the last of ⌈x / y⌉ parts of y has. */
export const lastPart = (x: number, y: number): number => derive("lastPart", x, y);

/** A sum whose terms may depend on the size in different ways. */
export const plus = (x: number, y: number): number => derive("plus", x, y);

/** Whether a number is greater than 0, for every size from 2 on. */
export function isPositive(n: number): boolean {
  if (scope === null || !scope.isSymbolic(n)) return n > 0;
  const [a, b, c] = digits(n, scope.probe);
  return b >= 0 && c >= 0 && a + 2 * b + 4 * c > 0;
}

/** Whether a number is a multiple of another one, for every size. */
export function isMultiple(n: number, of: number): boolean {
  if (scope === null || !scope.isSymbolic(n)) return n % of === 0;
  return digits(n, scope.probe).every((coefficient) => coefficient % of === 0);
}

/** The coefficients [a, b, c] of n = a + b·probe + c·probe², if they are small beside the probe. */
export function digits(n: number, probe: number): readonly [a: number, b: number, c: number] {
  const c = Math.round(n / probe / probe);
  const rest = n - c * probe * probe;
  const b = Math.round(rest / probe);
  return [rest - b * probe, b, c];
}
