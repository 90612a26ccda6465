// Arguments that are not what a function works on: no tensors, no functions, no trees.
import { describe, expect, it } from "vitest";
import * as w from "@wengert/autograd";
import { int, loose, table, x23 } from "./errors.support.ts";
import {
  AxisError,
  isOp,
  mapTree,
  OptionError,
  ShapeError,
  sin,
  sum,
  tensor,
  ValueError,
  vjp,
  WengertError,
  type Tensor,
} from "@wengert/autograd";

const functions = w as unknown as Record<string, (...args: unknown[]) => unknown>;

describe("a tensor", () => {
  const calls: Record<string, (x: unknown) => unknown> = {
    argmax: (x) => loose.argmax(x),
    assign: (x) => loose.assign(x, x23),
    backward: (x) => loose.backward(x),
    cast: (x) => loose.cast(x, "float32"),
    clamp: (x) => loose.clamp(x, { min: 0 }),
    cumprod: (x) => loose.cumprod(x),
    cumsum: (x) => loose.cumsum(x, { axis: 0 }),
    expand: (x) => loose.expand(x, [2]),
    flatten: (x) => loose.flatten(x),
    gather: (x) => loose.gather(x, int([0]), { axis: 0 }),
    jvp: (x) => functions.jvp(sin, [x], [x23]),
    linearRecurrence: (x) => loose.linearRecurrence(x, x23, { axis: 0 }),
    logSoftmax: (x) => loose.logSoftmax(x),
    max: (x) => loose.max(x),
    mean: (x) => loose.mean(x, { axis: 0 }),
    oneHot: (x) => loose.oneHot(x, 3),
    pad: (x) => loose.pad(x, [[1, 1]]),
    permute: (x) => loose.permute(x, [0]),
    relu: (x) => loose.relu(x),
    reshape: (x) => loose.reshape(x, [1]),
    scatterAdd: (x) => loose.scatterAdd(x, int([0]), x23, { axis: 0 }),
    slice: (x) => loose.slice(x, [0]),
    softmax: (x) => loose.softmax(x),
    squeeze: (x) => loose.squeeze(x),
    sum: (x) => loose.sum(x),
    tapeOf: (x) => loose.tapeOf(x),
    transpose: (x) => loose.transpose(x),
    unsqueeze: (x) => loose.unsqueeze(x, 0),
  };

  table(
    Object.entries(calls).flatMap(([name, call]) => [
      [
        `is wanted by ${name}, not a number`,
        () => call(3),
        ValueError,
        `${name}: expected a tensor, got the number 3. Make a tensor of it first: tensor(value).`,
      ],
      [
        `is wanted by ${name}, not an array`,
        () => call([[1]]),
        ValueError,
        `${name}: expected a tensor, got an array.`,
      ],
    ]),
  );

  const ops = Object.entries(w).filter(([, f]) => isOp(f));

  it.each(ops)("%s refuses other things in its own words", (_, op) => {
    const junk = [undefined, null, 3, "a", true, [], [1], {}, Symbol("s"), x23, sin];
    const calls = junk.flatMap((a) => junk.flatMap((b) => [[a], [x23, b], [a, b], [x23, a, b]]));
    for (const args of calls) {
      try {
        (op as (...args: unknown[]) => unknown)(...args);
      } catch (error) {
        expect(error).toBeInstanceOf(WengertError);
        expect((error as WengertError).message).not.toMatch(/^undefined|\[object |NaN to/);
      }
    }
  });

  table([
    [
      "a list with something else",
      () => loose.stack([x23, "a"]),
      ShapeError,
      'stack: expected an array of at least one tensor, got the string "a" in it.',
    ],
    [
      "axes one by one",
      () => loose.permute(x23, 1, 0),
      AxisError,
      "permute: expected an array of axes, got the number 1. Write e.g. permute(x, [1, 0]).",
    ],
  ]);
});

describe("a function", () => {
  const calls: [string, (f: unknown) => unknown, string][] = [
    ["grad", (f) => functions.grad(f), "grad((x) => sum(square(x)))(x)"],
    ["valueAndGrad", (f) => functions.valueAndGrad(f), "valueAndGrad((x) => sum(square(x)))(x)"],
    ["vjp", (f) => functions.vjp(f, x23), "vjp((x) => sin(x), x)"],
    ["jvp", (f) => functions.jvp(f, [x23], [x23]), "jvp((x) => sin(x), [x], [dx])"],
    ["vmap", (f) => functions.vmap(f), "vmap((x) => sum(x))(xs)"],
    ["noGrad", (f) => functions.noGrad(f), "noGrad(() => model.forward(x))"],
    ["mapTree", (f) => functions.mapTree(x23, f), "mapTree(tree, (leaf) => square(leaf))"],
  ];

  table(
    calls.flatMap(([name, call, example]) => [
      [
        `is wanted by ${name}, not a number`,
        () => call(3),
        OptionError,
        `${name}: expected a function, got the number 3. Write e.g. ${example}.`,
      ],
      [
        `is wanted by ${name}, not a tensor`,
        () => call(x23),
        OptionError,
        `${name}: expected a function, got a tensor. Write e.g. ${example}.`,
      ],
    ]),
  );
});

describe("arguments of transforms", () => {
  const f = (x: unknown) => sum(x as Tensor) as Tensor;
  const loosely = (name: string, options: unknown) =>
    functions[name](f, options) as (...args: unknown[]) => unknown;

  table([
    [
      "argnums as a string",
      () => loosely("grad", { argnums: "0" })(x23),
      OptionError,
      'grad: expected argnums: an integer >= 0, or an array of them, got the string "0".',
    ],
    [
      "argnums with a fraction",
      () => loosely("valueAndGrad", { argnums: [0, 0.5] })(x23),
      OptionError,
      "valueAndGrad: expected argnums: an integer >= 0, or an array of them, got 0.5.",
    ],
    [
      "an argument that is not there",
      () => loosely("grad", { argnums: 1 })(x23),
      OptionError,
      "grad: expected a call with an argument 1, as argnums says, got 1 argument.",
    ],
    [
      "no argument at all",
      () => loosely("grad", {})(),
      OptionError,
      "grad: expected a call with an argument 0, as argnums says, got 0 arguments.",
    ],
    [
      "a tensor for the arguments of jvp",
      () => functions.jvp(sin, x23, x23),
      OptionError,
      "jvp: expected an array of arguments, got a tensor. Write jvp(f, [x], [dx]).",
    ],
    [
      "a tensor for the tangents",
      () => functions.jvp(sin, [x23], x23),
      OptionError,
      "jvp: expected an array of tangents, got a tensor.",
    ],
    [
      "an axis of vmap as a string",
      () => loosely("vmap", { inAxes: "0" })(x23),
      AxisError,
      'vmap: expected an axis from -2 to 1, got the string "0".',
    ],
  ]);
});

describe("a tree", () => {
  const cyclic = { w: x23, inner: [{}] as unknown[] };
  cyclic.inner[0] = cyclic;
  const cycle = "expected a tree of tensors: arrays and objects that do not contain themselves";
  const got = "got a cycle: inner[0] is what it is part of. Take the reference back out of it.";
  const first = (tree: unknown) => sum((tree as { w: Tensor }).w) as Tensor;

  table([
    ["in grad", () => w.grad(first)(cyclic), ValueError, `grad: ${cycle}, ${got}`],
    ["in vjp", () => vjp(first, cyclic), ValueError, `vjp: ${cycle}, ${got}`],
    ["in vmap", () => w.vmap(first)(cyclic), ValueError, `vmap: ${cycle}, ${got}`],
    ["in leavesOf", () => w.leavesOf(cyclic), ValueError, `leavesOf: ${cycle}, ${got}`],
    ["in mapTree", () => mapTree(cyclic, (x) => x), ValueError, `mapTree: ${cycle}, ${got}`],
  ]);

  it("may contain one thing twice", () => {
    const shared = [tensor([1])];
    expect(w.leavesOf({ a: shared, b: [shared, shared] })).toHaveLength(3);
  });
});
