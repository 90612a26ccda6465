import { describeValue, OptionError } from "@wengert/autograd";

/** A layer's size, which must be a positive integer. `example` is how the layer is made. */
export function checkSize(where: string, name: string, size: number, example: string): void {
  if (Number.isInteger(size) && size > 0) return;
  throw new OptionError({
    where,
    expected: `${name}: an integer > 0`,
    got: typeof size === "number" ? String(size) : describeValue(size),
    fix: `Write ${example}.`,
  });
}

/** Options that differ from their defaults, as `toString` prints them. */
export function showOptions(options: Record<string, [value: unknown, usual: unknown]>): string {
  return Object.entries(options)
    .filter(([, [value, usual]]) => JSON.stringify(value) !== JSON.stringify(usual))
    .map(([name, [value]]) => `, ${name}: ${showSize(value)}`)
    .join("");
}

export const showSize = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(String).join(", ")}]` : String(value);
