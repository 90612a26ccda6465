// Reads command lines. parseArgs' own errors say neither what was expected nor what was meant.
import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";
import { nearest } from "./suggest.ts";

/** A flag with a value has an example of it, for errors; one without is a switch. */
export type FlagTable = Readonly<
  Record<string, { readonly example: string } | { readonly short?: string }>
>;

/** Numbers from `low` to `high`; `expected` says so in words. */
export interface NumberRange {
  readonly expected: string;
  readonly isValid: (value: number) => boolean;
}

export const MAX_SEED = 2 ** 32 - 1;

/** The flags that were given and their texts. Unknown ones are errors before any text is read. */
export class Flags<F extends string> {
  readonly #table: FlagTable;
  readonly #given: ReadonlyMap<string, string>;

  constructor(table: Readonly<Record<F, FlagTable[string]>>, args: readonly string[]) {
    this.#table = table;
    this.#given = readTexts(table, args);
  }

  has(flag: F): boolean {
    return this.#given.has(flag);
  }

  text(flag: F): string | undefined {
    return this.#given.get(flag);
  }

  integer(flag: F, fallback: number, low: number, high: number): number {
    const text = this.text(flag);
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high) return value;
    throw this.wrong(flag, `a whole number from ${low} to ${high}`);
  }

  number(flag: F, fallback: number, { expected, isValid }: NumberRange): number {
    const text = this.text(flag);
    if (text === undefined) return fallback;
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (isValid(value)) return value;
    throw this.wrong(flag, expected, String(fallback));
  }

  choice<C extends string>(flag: F, fallback: C, choices: readonly C[]): C {
    const text = this.text(flag);
    if (text === undefined) return fallback;
    const found = choices.find((choice) => choice === text.toLowerCase());
    if (found !== undefined) return found;
    const example = nearest(text, choices) ?? fallback;
    throw this.wrong(flag, `one of ${choices.join(", ")}`, example);
  }

  /** The error for a flag whose text is not what was expected. */
  wrong(flag: F, expected: string, example?: string, advice?: string): UsageError {
    return new UsageError({
      subject: `--${flag}`,
      expected,
      received: quote(this.text(flag) ?? ""),
      advice: advice ?? `Write for example --${flag} ${example ?? exampleOf(this.#table, flag)}.`,
    });
  }
}

function readTexts(table: FlagTable, args: readonly string[]): Map<string, string> {
  const names = Object.keys(table);
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [
      name,
      "example" in flag ? ({ type: "string" } as const) : ({ type: "boolean", ...flag } as const),
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") throw unexpectedArgument(token.value, names);
    if (token.kind !== "option") continue;
    if (!names.includes(token.name)) throw unknownOption(token.rawName, names);
    checkValue(table, token.name, token.value);
    given.set(token.name, token.value ?? "");
  }
  return given;
}

function checkValue(table: FlagTable, flag: string, value: string | undefined): void {
  const takesValue = "example" in table[flag];
  if (takesValue && (value === undefined || value.startsWith("--"))) {
    throw new UsageError({
      subject: `--${flag}`,
      expected: "a value",
      received: value === undefined ? "none" : `the next option, ${value}`,
      advice: `Write for example --${flag} ${exampleOf(table, flag)}.`,
    });
  }
  if (!takesValue && value !== undefined) {
    throw new UsageError({
      subject: `--${flag}`,
      expected: "no value",
      received: quote(value),
      advice: `Write --${flag} alone.`,
    });
  }
}

function exampleOf(table: FlagTable, flag: string): string {
  const entry = table[flag];
  return "example" in entry ? entry.example : "";
}

function unknownOption(rawName: string, names: readonly string[]): UsageError {
  const meant = nearest(rawName.replace(/^-+/, ""), names);
  const list = names.map((name) => `--${name}`).join(", ");
  return new UsageError({
    subject: rawName,
    expected: "an option of this program",
    received: "an unknown one",
    advice: meant === undefined ? `The options are ${list}.` : `Did you mean --${meant}?`,
  });
}

function unexpectedArgument(value: string, names: readonly string[]): UsageError {
  const meant = nearest(value, names);
  return new UsageError({
    subject: value,
    expected: "only options, which begin with --",
    received: "a bare argument",
    advice: meant === undefined ? `Leave ${quote(value)} out.` : `Did you mean --${meant}?`,
  });
}

/** The text in quotes, shortened where someone pasted a novel. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
