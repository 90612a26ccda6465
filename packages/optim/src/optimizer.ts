import {
  checkOptions,
  dependsOnFields,
  describeValue,
  DTypeError,
  OptionError,
  Tensor,
} from "@wengert/autograd";
import { checkNonNegative } from "./errors.ts";
import { ParameterGroup, type CommonOptions, type State, type Update } from "./group.ts";
import { loadState, saveState, type OptimizerState } from "./state.ts";
import { checkTarget } from "./update.ts";

/** Parameters with options of their own; options that are left out are the optimizer's. */
export type ParamGroup<O extends CommonOptions> = Partial<O> & {
  readonly params: Iterable<Tensor>;
};

/** What an optimizer is made for: tensors, or groups of them. */
export type Params<O extends CommonOptions> = Iterable<Tensor> | Iterable<ParamGroup<O>>;

/** All that distinguishes one optimizer from another. */
export interface OptimizerRule<O extends CommonOptions> {
  /** Its name in errors. */
  readonly name: string;
  /** All options there are, with their defaults. */
  readonly defaults: O;
  /** Throws OptionError for options out of their range; `lr` is checked already. */
  readonly check: (options: O) => void;
  /** The state for a parameter before the first step. */
  readonly state: (param: Tensor, options: O) => State;
  /** The update for certain options: a call of an op that assigns, see `sgdUpdate`. */
  readonly update: (options: O) => Update;
}

/**
 * The base of all optimizers: parameter groups, learning rates, state. A rule says what a step is.
 * State is made with the optimizer, never on first use, so that a compiled step finds it.
 * @example
 * class SignSGD extends Optimizer {
 *   constructor(params: Params<CommonOptions>, options: Partial<CommonOptions> = {}) {
 *     super(signRule, params, options);
 *   }
 * }
 */
export abstract class Optimizer<O extends CommonOptions = CommonOptions> {
  readonly groups: readonly ParameterGroup<O>[];
  readonly #name: string;

  constructor(rule: OptimizerRule<O>, params: Params<O>, options: Partial<O> = {}) {
    this.#name = rule.name;
    const shared = complete(rule, rule.defaults, options, []);
    const given = [...checkIterable<Tensor | ParamGroup<O>>(rule.name, params)];
    const lists: ParamGroup<O>[] = given.every((entry) => entry instanceof Tensor)
      ? [{ ...shared, params: given }]
      : (given as ParamGroup<O>[]);
    const seen = new Set<Tensor>();
    this.groups = lists.map((list) => {
      const members = checkParams(rule.name, list, seen);
      const own = complete(rule, shared, list, ["params"]);
      const states = members.map((param) => rule.state(param, own));
      return new ParameterGroup(members, own, states, rule.update(own));
    });
  }

  /** The learning rate of the first group; to set it sets that of all groups.
   *  @throws OptionError for a rate that is negative or not finite. */
  get lr(): number {
    return this.groups[0].lr;
  }

  set lr(rate: number) {
    for (const group of this.groups) group.lr = rate;
  }

  /** Updates every parameter that has a gradient; the others, and their state, stay as they are.
   *  Nothing is recorded on a tape. */
  step(): void {
    dependsOnFields(this.groups);
    for (const group of this.groups) group.step();
  }

  /** Forgets the gradients of all parameters: `.grad` becomes null. */
  zeroGrad(): void {
    dependsOnFields(this.groups);
    for (const { params } of this.groups) {
      dependsOnFields(params);
      for (const param of params) param.grad = null;
    }
  }

  /** A copy of all that the next steps depend on beside parameters and gradients. */
  stateDict(): OptimizerState {
    return saveState(this.groups);
  }

  /**
   * Restores a saved state exactly: training goes on with the same bits. Everything is checked
   * before anything is changed.
   * @throws OptimizerStateError when it was saved by an optimizer with other parameters or options.
   */
  loadStateDict(saved: OptimizerState): void {
    loadState(this.#name, this.groups, saved);
  }
}

/** Defaults and given options together, checked. An option that is undefined is left out. */
function complete<O extends CommonOptions>(
  rule: OptimizerRule<O>,
  defaults: O,
  given: Partial<O>,
  more: readonly string[],
): O {
  checkOptions(rule.name, given, [...Object.keys(rule.defaults), ...more]);
  const options = { ...defaults };
  for (const name of Object.keys(rule.defaults) as (keyof O)[]) {
    const value = given[name];
    if (value !== undefined) options[name] = value;
  }
  checkNonNegative(rule.name, "lr", options.lr);
  rule.check(options);
  return options;
}

/** A model is not taken for its parameters, even one that can be iterated over. */
function checkIterable<T>(where: string, params: Iterable<T>): Iterable<T> {
  const isModel = typeof (params as { parameters?: unknown } | null)?.parameters === "function";
  if (!isModel && typeof params?.[Symbol.iterator] === "function") return params;
  throw new OptionError({
    where,
    expected: "tensors, or groups { params, … } of them",
    got: isModel ? `the model itself, ${describeValue(params)}` : describeValue(params),
    fix: "Pass model.parameters(), or [{ params, lr }, …].",
  });
}

function checkParams<O extends CommonOptions>(
  where: string,
  group: ParamGroup<O>,
  seen: Set<Tensor>,
): Tensor[] {
  const complain = (expected: string, got: string, fix: string) =>
    new OptionError({ where, expected, got, fix });
  if (group instanceof Tensor || !group?.params) {
    throw complain(
      "tensors, or groups { params, … } of them",
      group instanceof Tensor ? "both" : describeValue(group),
      "Pass model.parameters(), or [{ params, lr }, …].",
    );
  }
  const params = [...checkIterable(where, group.params)];
  if (params.length === 0) {
    throw complain("parameters", "an empty list", "Pass model.parameters().");
  }
  for (const param of params) {
    checkTarget(where, param);
    checkFloat(where, param);
    if (seen.has(param)) {
      throw complain("each parameter once", "one twice", "Take it out of one of the groups.");
    }
    seen.add(param);
  }
  return params;
}

function checkFloat(where: string, { dtype }: Tensor): void {
  if (dtype === "float32" || dtype === "float64") return;
  throw new DTypeError({
    where,
    expected: "parameters of dtype float32 or float64",
    got: dtype,
    fix: "Integers have no gradients: leave it out.",
  });
}
