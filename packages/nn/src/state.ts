// Saving and loading a model's tensors by name.
import { assign, checkOptions, describeValue, Tensor } from "@wengert/autograd";
import { StateDictError, type StateDictProblems } from "./errors.ts";

/** Tensors by their dotted names, e.g. "0.weight", "encoder.layers.2.bias". */
export type StateDict = Record<string, Tensor>;

export interface LoadOptions {
  /** Whether names that are missing or unexpected are an error. Default: true. */
  readonly strict?: boolean;
}

/** The names that did not occur on both sides; with `strict` there are none. */
export type LoadReport = Pick<StateDictProblems, "missing" | "unexpected">;

/** Copies the values into the tensors of the same names; checks everything before. */
export function loadInto(
  where: string,
  own: readonly (readonly [string, Tensor])[],
  state: StateDict,
  options: LoadOptions,
): LoadReport {
  checkOptions(where, options, ["strict"]);
  const { strict = true } = options;
  const targets = new Map(own);
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    const complaint = {
      where,
      expected: "a state dict: an object of tensors by name",
      got: describeValue(state),
      fix: "Pass what stateDict() returned.",
    };
    throw new StateDictError(complaint, {
      missing: [...targets.keys()],
      unexpected: [],
      mismatched: [],
    });
  }
  const missing = [...targets.keys()].filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !targets.has(name));
  const shared = own.filter(([name]) => Object.hasOwn(state, name));
  const mismatched = shared.flatMap(([name, target]) => mismatch(name, target, state[name]));
  if (mismatched.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw complaint(where, { missing, unexpected, mismatched });
  }
  for (const [name, target] of shared) assign(target, state[name]);
  return { missing, unexpected };
}

const show = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(", ")}]`;

function mismatch(name: string, target: Tensor, value: unknown): string[] {
  const got = value instanceof Tensor ? show(value) : describeValue(value);
  return got === show(target) ? [] : [`${name} (${show(target)}, got ${got})`];
}

function complaint(where: string, problems: StateDictProblems): StateDictError {
  const parts = Object.entries(problems)
    .filter(([, names]: [string, readonly string[]]) => names.length > 0)
    .map(([kind, names]: [string, readonly string[]]) => `${kind}: ${names.join(", ")}`);
  const fix =
    problems.mismatched.length > 0
      ? "Make the model as the saved one, or reshape or cast the entries."
      : "Make the model as the saved one, or pass { strict: false }.";
  const expected = "a state dict that fits the model";
  return new StateDictError({ where, expected, got: parts.join("; "), fix }, problems);
}
