// scan inside of other transforms and they inside of it; what it refuses.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  cast,
  checkpoint,
  customVjp,
  DTypeError,
  exp,
  gather,
  grad,
  jacobian,
  jvp,
  matmul,
  mul,
  noGrad,
  OptionError,
  reshape,
  scan,
  ShapeError,
  sin,
  square,
  stack,
  tanh,
  tensor,
  TransformError,
  uniform,
  ValueError,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { f64, total } from "./doubles.support.ts";
import { agree, loop, scanned, wave, type Loop, type Step } from "./scan.support.ts";

describe("scan among other modes", () => {
  it("sees noGrad, custom rules and checkpoints inside, and works inside of them", () => {
    const half = customVjp(
      (x: Tensor): Tensor => exp(x),
      (g) => [mul(0.5, g)],
      { name: "half" },
    );
    const step: Step = (c, x) => {
      const y = checkpoint((c: Tensor) => mul(sin(c), half(x)) as Tensor)(c);
      return [
        add(
          y,
          noGrad(() => square(c)),
        ) as Tensor,
        y,
      ];
    };
    const f = (run: Loop) => (c: Tensor, xs: Tensor) => {
      const [last, ys] = run(step, c, xs);
      return add(last, total(ys)) as Tensor;
    };
    const args: [Tensor, Tensor] = [f64(0.4), wave(4)];
    for (const wrap of [(g: ReturnType<typeof f>) => g, checkpoint]) {
      const modes = (run: Loop) => {
        const g = wrap(f(run));
        return [
          g(...args),
          ...grad(g, { argnums: [0, 1] })(...args),
          jvp(g, args, args)[1],
          grad((c: Tensor) => total(grad(g, { argnums: 1 })(c, args[1])))(args[0]),
          vmap(grad(g), { inAxes: [0, null] })(f64([0.1, 0.4]), args[1]) as Tensor,
        ];
      };
      const [ours, expected] = [scanned, loop].map(modes);
      ours.forEach((value, i) => agree(value, expected[i]));
    }
  });

  it("agrees with the loop in random bodies and modes", () => {
    const ops: Record<string, (c: Tensor, x: Tensor) => Tensor> = {
      add: (c, x) => add(mul(0.5, c), x) as Tensor,
      sin: (c, x) => sin(mul(c, x)) as Tensor,
      mix: (c, x) => mul(c, total(square(x))) as Tensor,
      rows: (c, x) =>
        matmul(reshape(tanh(x), [1, 2]) as Tensor, reshape(c, [2, 1]) as Tensor)
          .reshape([1])
          .mul(c) as Tensor,
      swap: (c, x) =>
        gather(add(c, x) as Tensor, tensor([1, 0], { dtype: "int32" }), { axis: 0 }) as Tensor,
    };
    const names = fc.array(fc.constantFrom(...Object.keys(ops)), { minLength: 1, maxLength: 3 });
    const modes: Record<
      string,
      (f: (c: Tensor, xs: Tensor) => Tensor) => (c: Tensor, xs: Tensor) => Tensor
    > = {
      grad: (f) => (c, xs) => grad((c: Tensor) => total(f(c, xs)))(c),
      gradXs: (f) => (c, xs) =>
        total(square(grad((xs: Tensor) => total(f(c, xs)))(xs))).mul(c) as Tensor,
      jvp: (f) => (c, xs) => jvp((c: Tensor) => f(c, xs), [c], [sin(c) as Tensor])[1],
      jacobian: (f) => (c, xs) => jacobian((c: Tensor) => f(c, xs))(c).sum({ axis: 0 }) as Tensor,
      vmap: (f) => (c, xs) =>
        vmap(f, { inAxes: [0, null] })(stack([c, mul(2, c)]) as Tensor, xs).sum({
          axis: 0,
        }) as Tensor,
      checkpoint,
    };
    const nesting = fc.array(fc.constantFrom(...Object.keys(modes)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        names,
        names,
        nesting,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (next, out, nest, n, reverse) => {
          const step: Step = (c, x) => [
            next.reduce((c, name) => ops[name](c, x), c),
            out.reduce((c, name) => ops[name](c, x), c),
          ];
          const f = (run: Loop) => (c: Tensor, xs: Tensor) => {
            const [last, ys] = run(step, c, xs, { reverse });
            return add(last, ys.sum({ axis: 0 })) as Tensor;
          };
          const [ours, expected] = [scanned, loop].map((run) =>
            nest.reduce((g, name) => modes[name](g), f(run))(wave(2), wave(n, 2)),
          );
          agree(ours, expected, 1e-9);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });
});

describe("bad uses of scan", () => {
  const run = (f: unknown, init: unknown = zeros([2]), xs: unknown = zeros([3, 2]), options = {}) =>
    scan(f as never, init as never, xs as never, options);
  const id = (c: Tensor, x: Tensor) => [c, x];

  it("say what is wrong", () => {
    const cases: [() => unknown, new (...args: never[]) => Error, string | RegExp][] = [
      [() => run(3), OptionError, "scan: expected a function, got the number 3."],
      [
        () => run((c: Tensor) => c),
        TransformError,
        "scan: expected a function that returns [carry, y], got one that returns a tensor.",
      ],
      [() => run(async (c: Tensor) => [c, c]), TransformError, "got one that returns a Promise."],
      [
        () => run((c: Tensor) => [3, c]),
        ValueError,
        "the carry that f returns to be made of tensors, got the number 3.",
      ],
      [
        () => run(id, 3),
        ValueError,
        "scan: expected init to be made of tensors, got the number 3.",
      ],
      [
        () => run(id, { a: [zeros([1]), 2] }),
        ValueError,
        "expected init.a[1] to be made of tensors",
      ],
      [
        () => run((c: Tensor) => [[c], null]),
        ValueError,
        "expected a function that returns [carry, y] with a tensor as carry",
      ],
      [
        () => run((c: { a: Tensor }) => [{ b: c.a }, null], { a: zeros([]) }),
        ValueError,
        "scan: expected a carry of the same form: a, got b.",
      ],
      [
        () => run((c: Tensor) => [cast(c, "float64"), null]),
        DTypeError,
        "scan: expected a carry that stays float32, got float64.",
      ],
      [
        () => run((c: Tensor) => [c.sum(), null]),
        ShapeError,
        "scan: expected a carry that keeps its shape [2], got [].",
      ],
      [
        () => run(id, zeros([2]), zeros([])),
        ShapeError,
        "scan: expected xs with an axis 0 to go along, got a tensor of shape [].",
      ],
      [
        () => run(id, zeros([2]), [zeros([2]), zeros([3])]),
        ShapeError,
        "scan: expected xs of one length, got lengths 2, 3.",
      ],
      [
        () => run(id, zeros([2]), zeros([3]), { length: 2 }),
        ShapeError,
        "xs of length 2, as options say, got lengths 3",
      ],
      [
        () => run(id, zeros([2]), null),
        OptionError,
        "scan: expected xs with tensors, or a length, got neither.",
      ],
      [
        () => run(id, zeros([2]), null, { length: -1 }),
        OptionError,
        "length: an integer >= 0, got -1",
      ],
      [
        () => run(id, null, null, { length: 1 }),
        ValueError,
        "scan: expected a tensor in init or in xs, got none.",
      ],
      [
        () => run(id, zeros([2]), zeros([3]), { backwards: true }),
        OptionError,
        'an unknown option "backwards"',
      ],
      [
        () => run((c: Tensor) => [c.item() > 0 ? c : c, c]),
        TransformError,
        "item: expected a tensor whose values can be read, got one inside of scan",
      ],
      [
        () => run((c: Tensor) => [add(c, uniform([2])), c]),
        TransformError,
        /^scan: expected a function without effects: .* got one that calls randomUniform at .*scan-modes\.test\.ts:\d+,/,
      ],
    ];
    for (const [call, error, message] of cases) {
      expect(call).toThrow(error);
      expect(call).toThrow(message);
    }
  });

  it("leave nothing behind", () => {
    let kept: Tensor | null = null;
    run((c: Tensor) => [(kept = c), null]);
    expect(() => add(kept!, 1)).toThrow("one that was kept from inside of a finished scan");
  });
});
