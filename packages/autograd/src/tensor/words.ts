// How messages put things.
import { describe } from "./dtype.ts";

/** A number with its noun: "1 entry", "3 entries". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** As `describe`, but a number by itself and arrays with what is in them: for messages that say what
 *  it stands for. */
export function brief(value: unknown): string {
  if (typeof value === "number") return String(value);
  return Array.isArray(value) ? `[${value.map(brief).join(", ")}]` : describe(value);
}
