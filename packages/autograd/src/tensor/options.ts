import { describe } from "./dtype.ts";
import { OptionError } from "./errors.ts";
import { brief } from "./words.ts";

/** Complains about options that are not known, e.g. misspelt ones, and about a missing object. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (!isPlainObject(options)) {
    throw new OptionError({
      where,
      expected: `an object of options (${known.join(", ")})`,
      got: Array.isArray(options) ? `the array ${brief(options)}` : describe(options),
      fix: `Write e.g. { ${known[0]}: … }.`,
    });
  }
  for (const name in options) {
    if (known.includes(name)) continue;
    throw new OptionError({
      where,
      expected: known.length > 0 ? `the options ${known.join(", ")}` : "no options",
      got: `an unknown option "${name}"`,
      fix: "Check its spelling.",
    });
  }
}

/** Written as { … }: no array, tensor or other instance of a class. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** An option that is true or false. */
export function checkBoolean(where: string, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new OptionError({
    where,
    expected: `${name}: true or false`,
    got: describe(value),
    fix: `Write e.g. { ${name}: true }.`,
  });
}

/** An option that is a finite number. */
export function checkFinite(where: string, name: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new OptionError({
    where,
    expected: `${name}: a finite number`,
    got: brief(value),
    fix: `Write e.g. { ${name}: 1 }.`,
  });
}
