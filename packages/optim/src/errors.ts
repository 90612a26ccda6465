import { describeValue, OptionError, WengertError } from "@wengert/autograd";

/** A saved state that does not fit the optimizer it is loaded into. */
export class OptimizerStateError extends WengertError {}

/** Complains about an option that is out of its range. */
export function checkRange(
  where: string,
  name: string,
  value: unknown,
  range: string,
  isInside: (value: number) => boolean,
): void {
  if (typeof value === "number" && isInside(value)) return;
  throw new OptionError({
    where,
    expected: `${name} ${range}`,
    got: typeof value === "number" ? String(value) : describeValue(value),
    fix: `Pass { ${name}: … } in this range, or leave it out for the default.`,
  });
}

/** A finite number that is not negative. */
export function checkNonNegative(where: string, name: string, value: unknown): void {
  checkRange(where, name, value, ">= 0 and finite", (x) => x >= 0 && Number.isFinite(x));
}
