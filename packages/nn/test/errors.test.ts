// Bad uses of modules.
import { describe, expect, it } from "vitest";
import { DTypeError, ones, OptionError, ValueError, WengertError } from "@wengert/autograd";
import {
  Dropout,
  kaimingUniform,
  Linear,
  Module,
  parameter,
  relu,
  Sequential,
  StateDictError,
  summary,
} from "../src/index.ts";

const layer = new Linear(2, 3);
/** As a class without run would be in JavaScript. */
const Empty = Module as unknown as new () => Module;

type Case = [string, () => unknown, new (...args: never[]) => WengertError, string];

it.each<Case>([
  [
    "an array for a tensor",
    () => layer.forward([[1, 2]] as never),
    ValueError,
    "Linear.forward: expected a tensor, got an array. Make a tensor of it first: tensor(value).",
  ],
  [
    "nothing for a tensor, in a model",
    () => new Sequential(relu, layer).forward(undefined as never),
    ValueError,
    "Sequential.forward: expected a tensor, got undefined. Make a tensor of it first: tensor(value).",
  ],
  [
    "integers, which no layer can be made for",
    () => layer.forward(ones([1, 2], { dtype: "int32" })),
    DTypeError,
    'Linear(2, 3): expected an input of the weight\'s dtype, float32, got int32. Cast the input, cast(x, "float32").',
  ],
  [
    "doubles, which a layer can be made for",
    () => layer.forward(ones([1, 2], { dtype: "float64" })),
    DTypeError,
    'Linear(2, 3): expected an input of the weight\'s dtype, float32, got float64. Cast the input, cast(x, "float32"), or make the layer with { dtype: "float64" }.',
  ],
  [
    "a module that computes nothing",
    () => new Empty().forward(ones([1]) as never),
    OptionError,
    "Module.forward: expected a method run(x) in the class, which says what the module computes, got none. Define run(x); forward(x) calls it.",
  ],
  [
    "no state",
    () => layer.loadStateDict(null as never),
    StateDictError,
    "Linear.loadStateDict: expected a state dict: an object of tensors by name, got null. Pass what stateDict() returned.",
  ],
  [
    "a list as state",
    () => layer.loadStateDict([] as never),
    StateDictError,
    "Linear.loadStateDict: expected a state dict: an object of tensors by name, got an empty array. Pass what stateDict() returned.",
  ],
  [
    "a number to sum up",
    () => summary(3 as never),
    OptionError,
    "summary: expected a module, got the number 3. Write e.g. summary(new Linear(2, 3), [64, 2]).",
  ],
  [
    "a number as parameter",
    () => parameter(3 as never),
    ValueError,
    "parameter: expected a tensor, got the number 3. Make a tensor of it first: tensor(value).",
  ],
  [
    "a number as the shape of a weight",
    () => kaimingUniform(3 as never),
    WengertError,
    "kaimingUniform: expected a shape of at least two axes, [out, in, ...kernel], got the number 3. For a bias, use zeros or uniform.",
  ],
  [
    "a probability as a string",
    () => new Dropout("0.5" as never),
    OptionError,
    'Dropout: expected p: a probability in [0, 1], got the string "0.5". Pass the share of elements to drop, e.g. new Dropout(0.2).',
  ],
])("%s", (_, call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});

describe("a state that is none", () => {
  it("lacks all names", () => {
    const caught = (() => {
      try {
        return layer.loadStateDict(null as never);
      } catch (error) {
        return error;
      }
    })();
    expect(caught).toMatchObject({ missing: ["weight", "bias"], unexpected: [], mismatched: [] });
  });
});

it("a class in place of a layer", () => {
  const Loose = Sequential as unknown as new (...layers: unknown[]) => Module;
  expect(() => new Loose(Linear)).toThrow(OptionError);
  expect(() => new Loose(Linear)).toThrow(
    "Sequential: expected modules and functions, got the class Linear as layer 0. Make a layer",
  );
});
