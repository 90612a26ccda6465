// A plan for many sizes: made for one probe (see size/scope.ts), and rewritten for any other size.
import { NotSymbolic } from "../size/not-symbolic.ts";
import { digits } from "../size/scope.ts";
import type { Plan } from "./group.ts";

/** What a plan may hold that no size is in: values, and the names of things. */
const values: ReadonlySet<string> = new Set(["value", "init", "data", "origins", "sites", "dtype"]);

/** Larger numbers are no longer exact when they are counted in bytes. */
const most = 2 ** 49;

/** The plan that was made for `probe`, for another size. @throws NotSymbolic */
export function planFor(plan: Plan, probe: number, size: number): Plan {
  const rewritten = (value: unknown): unknown => {
    if (typeof value === "number") return numberFor(value, probe, size);
    if (Array.isArray(value)) return value.map(rewritten);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        values.has(key) ? child : rewritten(child),
      ]),
    );
  };
  return rewritten(plan) as Plan;
}

function numberFor(n: number, probe: number, size: number): number {
  if (Math.abs(n) * 2 < probe) return n;
  const [a, b, c] = digits(n, probe);
  const isSmall = [a, b].every((it) => Math.abs(it) * 32 <= probe);
  if (!Number.isInteger(n) || Math.abs(n) > most || !isSmall) {
    throw new NotSymbolic("an extent or a stride depends on the size in an unknown way");
  }
  return a + b * size + c * size * size;
}
