// Saving and restoring what optimizers remember.
import { assign, describeValue, Tensor } from "@wengert/autograd";
import { OptimizerStateError } from "./errors.ts";
import type { CommonOptions, ParameterGroup, State } from "./group.ts";

/** A plain object of tensors and numbers. Parameters are counted through all groups, from 0. */
export interface OptimizerState {
  /** What is remembered of each parameter. */
  readonly state: Readonly<Record<number, State>>;
  /** The options of each group (lr as it is now) and the numbers of its parameters. */
  readonly groups: readonly SavedGroup[];
}

export interface SavedGroup extends CommonOptions {
  readonly params: readonly number[];
  readonly [option: string]: unknown;
}

type Groups = readonly ParameterGroup[];

export function saveState(groups: Groups): OptimizerState {
  const state: Record<number, State> = {};
  const saved = groups.map((group, i) => {
    const params = numbersOf(groups, i);
    params.forEach((number, j) => (state[number] = copyOf(group.states[j])));
    return { ...group.options, lr: group.lr, params };
  });
  return { state, groups: saved };
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const copyOf = (state: State): State =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, x.detach().clone()]));

function numbersOf(groups: Groups, i: number): number[] {
  const before = groups.slice(0, i).reduce((count, group) => count + group.params.length, 0);
  return groups[i].params.map((_, j) => before + j);
}

export function loadState(name: string, groups: Groups, saved: OptimizerState): void {
  const where = `${name}.loadStateDict`;
  const list = saved?.groups;
  const isWhole = Array.isArray(list) && [...list, saved.state].every(isObject);
  if (!isWhole) throw complaint(where, "what stateDict() returned", describeValue(saved));
  if (list.length !== groups.length) {
    throw complaint(
      where,
      `${groups.length} parameter group${groups.length === 1 ? "" : "s"}`,
      String(list.length),
    );
  }
  const writes: [Tensor, Tensor][] = [];
  groups.forEach((group, i) => {
    checkGroup(where, group, list[i], i);
    const params = numbersOf(groups, i);
    const same = String(list[i].params) === String(params);
    if (!same) throw complaint(where, `parameters ${params} in group ${i}`, `${list[i].params}`);
    params.forEach((number, j) => {
      writes.push(...pairsOf(where, number, group.states[j], saved.state[number]));
    });
  });
  for (const [target, value] of writes) assign(target, value);
  groups.forEach((group, i) => (group.lr = list[i].lr));
}

/** All options but lr are part of the steps that may have been compiled: they must agree. */
function checkGroup(where: string, group: ParameterGroup, saved: SavedGroup, i: number): void {
  for (const [name, value] of Object.entries(group.options)) {
    const other = saved[name];
    if (name === "lr" ? isRate(other) : String(other) === String(value)) continue;
    const expected = name === "lr" ? "a number >= 0" : String(value);
    throw complaint(where, `${name} ${expected} in group ${i}`, String(other));
  }
}

const isRate = (value: unknown): boolean =>
  typeof value === "number" && value >= 0 && Number.isFinite(value);

function pairsOf(where: string, number: number, own: State, saved: State): [Tensor, Tensor][] {
  const [names, others] = [own, saved ?? {}].map((state) => Object.keys(state).sort().join(", "));
  const at = `for parameter ${number}`;
  if (names !== others) throw complaint(where, `state (${names}) ${at}`, `(${others})`);
  return Object.entries(own).map(([name, target]) => {
    const value = saved[name];
    if (value instanceof Tensor && show(value) === show(target)) return [target, value];
    const got = value instanceof Tensor ? show(value) : describeValue(value);
    throw complaint(where, `${name} ${show(target)} ${at}`, got);
  });
}

const show = (x: Tensor): string => `${x.dtype} [${x.shape.join(", ")}]`;

const complaint = (where: string, expected: string, got: string) =>
  new OptimizerStateError({
    where,
    expected,
    got,
    fix: "Make the optimizer of the same parameters and options as the saved one.",
  });
