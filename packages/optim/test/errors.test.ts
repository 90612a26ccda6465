// Optimizers made of the wrong things, or given a state that is none.
import { expect, it } from "vitest";
import { ones, OptionError, type Tensor, type WengertError } from "@wengert/autograd";
import { OptimizerStateError, SGD } from "../src/index.ts";

const leaf = (): Tensor => ones([2], { requiresGrad: true });

/** What is iterable as a Sequential is, and has parameters as any module. */
class Model {
  readonly layers = [leaf()];
  parameters(): Tensor[] {
    return this.layers;
  }
  [Symbol.iterator](): IterableIterator<Tensor> {
    return this.layers[Symbol.iterator]();
  }
}

const make = (params: unknown, options?: object) => () => new SGD(params as never, options);
const load = (state: unknown) => () => new SGD([leaf()]).loadStateDict(state as never);
const wanted = "SGD: expected tensors, or groups { params, … } of them";
const fix = "Pass model.parameters(), or [{ params, lr }, …].";
const saved = "SGD.loadStateDict: expected what stateDict() returned";
const same = "Make the optimizer of the same parameters and options as the saved one.";

type Case = [string, () => unknown, new (...args: never[]) => WengertError, string];

it.each<Case>([
  [
    "a model instead of its parameters",
    make(new Model()),
    OptionError,
    `${wanted}, got the model itself, an object (Model). ${fix}`,
  ],
  [
    "a model in a group",
    make([{ params: new Model() }]),
    OptionError,
    `${wanted}, got the model itself, an object (Model). ${fix}`,
  ],
  [
    "a list of models",
    make([new Model()]),
    OptionError,
    `${wanted}, got an object (Model). ${fix}`,
  ],
  ["one tensor", make(leaf()), OptionError, `${wanted}, got an object (Tensor). ${fix}`],
  ["nothing", make(undefined), OptionError, `${wanted}, got undefined. ${fix}`],
  ["a number", make(3), OptionError, `${wanted}, got the number 3. ${fix}`],
  [
    "numbers in a group",
    make([{ params: [3] }]),
    OptionError,
    "SGD: expected tensors as parameters, got the number 3. Pass model.parameters(), or an array of tensors.",
  ],
  [
    "a rate as a string",
    make([leaf()], { lr: "0.1" }),
    OptionError,
    'SGD: expected lr >= 0 and finite, got the string "0.1". Pass { lr: … } in this range, or leave it out for the default.',
  ],
  ["no state", load(null), OptimizerStateError, `${saved}, got null. ${same}`],
  [
    "a state without groups",
    load({ state: {}, groups: [null] }),
    OptimizerStateError,
    `${saved}, got an object (Object). ${same}`,
  ],
])("%s", (_, call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});
