// What a failed check says where not the rule is to blame, but what it was held against.
import { describe, expect, it } from "vitest";
import {
  abs,
  cast,
  checkable,
  Generator,
  gt,
  log,
  mul,
  relu,
  sin,
  square,
  sub,
  sum,
  tensor,
  uniform,
  type Tensor,
} from "../src/index.ts";
import {
  checkNames,
  checkOp,
  checkResults,
  gradcheck,
  GradcheckError,
  type Checkable,
} from "../src/testing/index.ts";

const float64 = { dtype: "float64" } as const;

/** What each check that fails says. */
const complaints = (f: Checkable): ReadonlyMap<string, string> =>
  new Map(
    [...checkResults(f, { runs: 10, name: "it" })].flatMap(({ check, failure }) =>
      failure ? [[check, failure.error.message] as const] : [],
    ),
  );

describe("a function that draws random numbers", () => {
  const generator = new Generator(1);
  // At 0, where samples shrink to, its values are the same each time.
  const noisy = checkable(
    (x: Tensor) => sum(mul(x, uniform(x.shape, { dtype: x.dtype, generator }))),
    [{ shape: [4] }],
  );

  it("is told so by every check that it fails, and blamed for nothing else", () => {
    const found = complaints(noisy);
    expect([...found.keys()]).toEqual(
      checkNames.filter((name) => found.has(name) || name === "determinism"),
    );
    for (const name of ["reverse", "forward", "adjoint", "Taylor", "vmap", "determinism"]) {
      expect([name, found.get(name)]).toEqual([name, expect.stringContaining("fixed seed")]);
    }
  });

  it("is told so by gradcheck, though its values at the point are always the same", () => {
    const run = () => gradcheck(noisy, [tensor([0, 0], float64)]);
    expect(run).toThrow(GradcheckError);
    expect(run).toThrow(/switch dropout off/);
  });
});

describe("values that pass through float32 on the way", () => {
  const detour = (x: Tensor) => sum(square(cast(cast(x, "float32"), "float64")));

  it("are recognised, though the result is no number of float32", () => {
    for (const at of [[1], [1, 0, 0], [0.7, -3]]) {
      expect(() => gradcheck(detour, [tensor(at, float64)])).toThrow(/pass through float32/);
    }
  });

  it("are told from steps of the function's own", () => {
    const jump = (x: Tensor) => sum(mul(square(x), cast(gt(x, 2), "float64")));
    expect(() => gradcheck(jump, [tensor([2], float64)])).toThrow(/jumps there/);
  });
});

describe("a function that only takes float32", () => {
  const constant = tensor([1, 2, 3]);

  it("is told that derivatives are checked in float64, and what to do", () => {
    const found = complaints(checkable((x: Tensor) => sum(mul(x, constant)), [{ shape: [3] }]));
    expect(found.get("reverse")).toMatch(
      /^it: expected a function that takes float64, .*got an error \(mul: .*\)\. Create constants/,
    );
  });
});

it("inputs that are no array are asked for as one", () => {
  const alone = tensor([1, 2], float64) as unknown as Tensor[];
  expect(() => gradcheck((x: Tensor) => sum(x), alone)).toThrow(
    /gradcheck: expected an array of inputs, got .*\. Write e\.g\. gradcheck\(f, \[x\]\)\./,
  );
});

describe("a Taylor remainder", () => {
  it("that does not fall is explained by the kink", () => {
    const kink = checkable((x: Tensor) => sum(abs(x)), [tensor([0, 1], float64)]);
    expect(complaints(kink).get("Taylor")).toMatch(/falls as h\^1\.00; .*has a kink there/);
  });

  it("is none where the function is not finite", () => {
    const found = complaints(checkable((x: Tensor) => sum(log(x)), [tensor([0, 1], float64)]));
    expect(found.get("Taylor")).toMatch(/finite at the inputs, got -Infinity/);
  });
});

describe("a failing sample", () => {
  it("is not made so small that another reason hides the first", () => {
    // Wrong where x > 1; at 0, the simplest number, there is a kink.
    const f = (x: Tensor) => sum(abs(x).add(relu(sub(x, 1).detach()).mul(x)));
    const found = complaints(checkable(f, [{ shape: [2], min: -2, max: 2 }]));
    expect(found.get("reverse")).toMatch(/Check the rule's formula/);
  });

  it("has the error's name and the user's line where the code throws", () => {
    const broken = checkable(
      (x: Tensor) => {
        if (x.size > 0) throw new RangeError("too far");
        return sum(x);
      },
      [{ shape: [2] }],
    );
    expect(complaints(broken).get("reverse")).toMatch(
      /^RangeError: too far at .*explained-failures\.test\.ts:\d+$/,
    );
  });

  it("is drawn within bounds, however near they are", () => {
    for (const [min, max] of [
      [1e-4, 9e-4],
      [-2e-9, -1e-9],
      [0.3, 0.3],
      [1e6, 1e6 + 1],
      [0, 1e-3],
    ]) {
      const seen = new Set<number>();
      const f = checkable(
        (x: Tensor) => {
          for (const value of x.data as Float64Array) {
            expect(value).toBeGreaterThanOrEqual(min);
            expect(value).toBeLessThanOrEqual(max);
            seen.add(value);
          }
          return sum(sin(x));
        },
        [{ shape: [3], min, max }],
      );
      checkOp(f, { only: ["strides"], runs: 20 });
      expect(seen.size).toBeGreaterThan(max > min ? 10 : 0);
    }
  });

  it("has room where one bound is given, and none is drawn between bounds that are none", () => {
    const drawn = (domain: { readonly min?: number; readonly max?: number }) => {
      const seen = new Set<number>();
      const f = (x: Tensor) => {
        for (const value of x.data as Float64Array) seen.add(value);
        return sum(sin(x));
      };
      checkOp(checkable(f, [{ shape: [3], ...domain }]), { only: ["strides"], runs: 20 });
      return [...seen];
    };
    const [above, below] = [drawn({ min: 3 }), drawn({ max: -5 })];
    expect(Math.min(...above)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...below)).toBeLessThanOrEqual(-5);
    expect(new Set([...above, ...below]).size).toBeGreaterThan(50);
    const indices = checkable(
      (x: Tensor) => {
        for (const value of x.data as Int32Array) expect([5, 6, 7, 8]).toContain(value);
        return x;
      },
      [{ shape: [3], dtype: "int32", min: 5 }],
    );
    checkOp(indices, { only: ["strides"], runs: 20 });
    expect(() => drawn({ min: 1, max: 0 })).toThrow(/min <= max, got min 1, max 0/);
  });

  it("of a function without a name is replayed by a line that parses", () => {
    const run = () => checkOp(checkable((x: Tensor) => mul(x, x.detach()), [{ shape: [1] }]));
    expect(run).toThrow(/replay: checkOp\(f, \{ seed: 1964, path: "/);
  });

  it("that a promise comes of says what to do", () => {
    const f = checkable(async (x: Tensor) => Promise.resolve(sum(x)), [{ shape: [1] }]);
    expect(complaints(f).get("reverse")).toMatch(/got a Promise\. Load data before/);
  });
});
