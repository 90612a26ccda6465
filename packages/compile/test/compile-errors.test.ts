// What compile says to those who call it wrongly: the whole text.
import { expect, it } from "vitest";
import {
  add,
  mul,
  ones,
  OptionError,
  square,
  sum,
  tensor,
  TransformError,
  ValueError,
  type Tensor,
  type WengertError,
} from "@wengert/autograd";
import { Adam } from "@wengert/optim";
import { compile } from "../src/index.ts";

const x = ones([2]);
const w = tensor([1, 2], { requiresGrad: true });
const optimizer = new Adam([w]);
const outside = "Read it outside of the compiled function, or compute with the tensor itself.";
const later =
  "Return it from the compiled function and read it outside, or use where() instead of if.";
const abstract =
  "expected a value that exists while compile records the function, got a tensor that has a shape, but no elements before the program runs";
const frozen =
  "expected no value to be read while compile records the function, got a tensor of the surroundings, whose value would be frozen into the program";
const copied = "arguments of compiled functions are copied in";

/** Calls a function that is compiled. */
const calling =
  (f: (x: Tensor) => unknown): (() => unknown) =>
  () =>
    compile(f)(x);

const cyclic: unknown[] = [x];
cyclic.push({ again: cyclic });

type Case = [string, () => unknown, new (...args: never[]) => WengertError, string];

it.each<Case>([
  [
    "no function",
    () => compile(3 as never),
    OptionError,
    "compile: expected a function of tensors, got the number 3. Write e.g. compile((x: Tensor) => model.forward(x)).",
  ],
  [
    "a call instead of a function",
    () => compile(square(x) as never),
    OptionError,
    "compile: expected a function of tensors, got an object (Tensor). Write e.g. compile((x: Tensor) => model.forward(x)).",
  ],
  [
    "an unknown option",
    () => compile(square, { keepGrad: true } as never),
    OptionError,
    "compile: expected",
  ],
  [
    "a value of an argument",
    calling((x) => x.toArray()),
    TransformError,
    `toArray: ${abstract}. ${later}`,
  ],
  [
    "a value in an if",
    calling((x) => sum(x).item() > 0),
    TransformError,
    `item: ${abstract}. ${later}`,
  ],
  ["a value of a weight", calling(() => w.data), TransformError, `data: ${frozen}. ${outside}`],
  ["the learning rate", calling(() => optimizer.lr), TransformError, `item: ${frozen}. ${outside}`],
  [
    "to write an argument",
    calling((x) => x.copyFrom(mul(x, 2))),
    TransformError,
    `copyFrom: expected a target that is not an argument: ${copied}, got an argument of the compiled function. Use the tensor from the surroundings of the function, or return the new value.`,
  ],
  [
    "a Promise",
    calling((x) => Promise.resolve(x)),
    TransformError,
    "compile: expected a function that returns tensors, got one that returns a Promise. Load data before, and pass it to a synchronous function.",
  ],
  [
    "a tree of arguments that contains itself",
    () => compile((tree: unknown) => tree)(cyclic),
    ValueError,
    "compile: expected a tree of tensors: arrays and objects that do not contain themselves, got a cycle:",
  ],
  [
    "a tree of results that contains itself",
    calling(() => cyclic),
    ValueError,
    "compile: expected a tree of tensors: arrays and objects that do not contain themselves, got a cycle:",
  ],
  [
    "elements that are no tensor",
    () => compile((values: Float32Array) => tensor(values))(Float32Array.of(1, 2)),
    OptionError,
    "compile: expected tensors as arguments, numbers and other values, and trees of them, got an object (Float32Array). Pass tensor(values): the elements of a tensor are read at each call.",
  ],
  [
    "a gradient left in an argument",
    () => compile((x: Tensor) => sum(square(x)).backward())(tensor([1], { requiresGrad: true })),
    TransformError,
    "compile: expected arguments to be as they were: they are copied in, got a function that leaves a gradient in the .grad of one.",
  ],
  [
    "an explanation before the first call",
    () => compile(square).explain(),
    TransformError,
    "explain: expected a compiled function that has been called, got one that has not",
  ],
  [
    "a warm-up that is no time",
    () => compile(square).explain({ warmUpMs: NaN }),
    OptionError,
    "explain: expected warmUpMs to be a number of milliseconds >= 0, got the number NaN. Leave it out for the default.",
  ],
  [
    "an option of explain that is misspelt",
    () => compile(square).explain({ warmupMs: 0 } as never),
    OptionError,
    'explain: expected the options warmUpMs, got an unknown option "warmupMs"',
  ],
])("%s", (_, call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});

it("a number that changes between runs: op, line, both numbers, what to do", () => {
  let count = 0;
  const f = (x: Tensor) => add(x, ++count);
  expect(() => compile(f)(x)).toThrow(
    /^add: expected a function that does the same at each call: the constant 1 the first time, got the constant 2 the second time at .*compile-errors\.test\.ts:\d+\. Make what changes between calls an argument or a 0-d tensor, and make state before compiling\.$/,
  );
});

it("a tensor of the first run that is kept for the second: op, line, what to do", () => {
  let kept: Tensor | null = null;
  const f = (x: Tensor) => add(x, (kept ??= square(x)));
  expect(() => compile(f)(x)).toThrow(
    /^add: expected tensors of this run of the function, got one that an earlier run kept while compile recorded it at .*compile-errors\.test\.ts:\d+\. Return what is needed later; do not keep it in variables outside of the function\.$/,
  );
});
