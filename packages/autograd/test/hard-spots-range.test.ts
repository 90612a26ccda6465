// Large arguments, masks and losses at the ends of their range, by exact expected values.
import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  grad,
  logSoftmax,
  logsumexp,
  mean,
  relu,
  reshape,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  tensor,
  vmap,
  where,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { type F, f64 } from "./doubles.support.ts";
import { hessian, int, slope } from "./hard-spots.support.ts";

describe("large arguments", () => {
  const extremes = [-3.4e38, -1e4, -100, 100, 1e4, 3.4e38];

  it.each<[string, F, number[], number[]]>([
    [
      "sigmoid",
      sigmoid,
      [0, 0, 3.783505853677006e-44, 1, 1, 1],
      [0, 0, 3.783505853677006e-44, 0, 0, 0],
    ],
    ["tanh", tanh, [-1, -1, -1, 1, 1, 1], [0, 0, 0, 0, 0, 0]],
    ["relu", relu, [0, 0, 0, 100, 1e4, 3.4e38], [0, 0, 0, 1, 1, 1]],
    [
      "softplus",
      softplus,
      [0, 0, 3.783505853677006e-44, 100, 1e4, 3.4e38],
      [0, 0, 3.783505853677006e-44, 1, 1, 1],
    ],
  ])("%s in float32", (_, f, values, slopes) => {
    expect([...f(tensor(extremes)).data]).toEqual(values.map(Math.fround));
    expect(slope(f, tensor(extremes))).toEqual(slopes.map(Math.fround));
  });

  it("softmax, its logarithm and logsumexp", () => {
    const x = f64([1e4, 0, -1e4]);
    expect(softmax(x).toArray()).toEqual([1, 0, 0]);
    expect(logSoftmax(x).toArray()).toEqual([0, -1e4, -2e4]);
    expect(logsumexp(x).item()).toBe(1e4);
    expect(slope((x) => logsumexp(x), x)).toEqual([1, 0, 0]);
    expect(logsumexp(tensor([3e38, 3e38])).item()).toBe(Math.fround(3e38));
    expect(logSoftmax(tensor([-3.4e38, 3.4e38])).toArray()).toEqual([-Infinity, 0]);
  });

  it("small ones keep their precision", () => {
    expect(sigmoid(f64(-40)).item()).toBeCloseTo(4.248354255291589e-18, 30);
    expect(softplus(f64(-40)).item()).toBeCloseTo(4.248354255291589e-18, 30);
    expect(logSoftmax(f64([0, 40])).toArray()).toEqual([-40, 0]);
  });
});

describe("rows that are masked whole", () => {
  const masked = f64([
    [-Infinity, -Infinity],
    [-Infinity, 0],
  ]);

  it("softmax is 0 there, with a gradient of 0", () => {
    expect(softmax(masked).toArray()).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(
      slope(
        (x) =>
          softmax(x).mul(
            f64([
              [1, 2],
              [3, 4],
            ]),
          ),
        masked,
      ),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const scores = (x: Tensor) => where(tensor([false, false]), x, -Infinity);
    expect(slope((x) => square(softmax(scores(x))), [1, 2])).toEqual([0, 0]);
  });

  it("logsumexp is -inf there, with a gradient of 0", () => {
    expect(logsumexp(masked, { axis: 1 }).toArray()).toEqual([-Infinity, 0]);
    expect(slope((x) => logsumexp(x, { axis: 1 }), masked)).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(logsumexp(zeros([0])).item()).toBe(-Infinity);
  });
});

describe("cross-entropy", () => {
  const logits = [
    [1, 2, -1],
    [0.5, -0.5, 3],
    [2, 2, 2],
  ];
  const probabilities = logits.map((row) => {
    const weights = row.map(Math.exp);
    return weights.map((w) => w / weights.reduce((a, b) => a + b));
  });

  it("is 0 with a gradient of 0 when every target is ignored", () => {
    for (const reduction of ["mean", "sum"] as const) {
      const loss = (x: Tensor) =>
        crossEntropy(x, int([-1, -1, -1]), { ignoreIndex: -1, reduction });
      expect(loss(f64(logits)).item()).toBe(0);
      expect(slope(loss, f64(logits))).toEqual(logits.map(() => [0, 0, 0]));
    }
  });

  it("does not look at ignored rows, whatever they hold", () => {
    const loss = (x: Tensor) => crossEntropy(x, int([0, -1, -1]), { ignoreIndex: -1 });
    const odd = f64([
      [0, 0],
      [NaN, 1],
      [Infinity, -Infinity],
    ]);
    expect(loss(odd).item()).toBeCloseTo(Math.LN2, 15);
    expect(slope(loss, odd)).toEqual([
      [-0.5, 0.5],
      [0, 0],
      [0, 0],
    ]);
  });

  it.each([0, 0.1, 1])("smooths labels by %s and ignores targets at once", (smoothing) => {
    const targets = [2, -100, 0];
    const rows = [0, 2];
    const q = (row: number, c: number) =>
      (1 - smoothing) * Number(targets[row] === c) + smoothing / 3;
    const naive = rows.reduce(
      (loss, row) => probabilities[row].reduce((sum, p, c) => sum - q(row, c) * Math.log(p), loss),
      0,
    );
    const options = { ignoreIndex: -100, labelSmoothing: smoothing };
    const f = (x: Tensor) => crossEntropy(x, int(targets), options);
    expect(f(f64(logits)).item()).toBeCloseTo(naive / 2, 14);
    const slopes = slope(f, f64(logits)) as number[][];
    probabilities.forEach((row, i) =>
      row.forEach((p, c) => expect(slopes[i][c]).toBeCloseTo(i === 1 ? 0 : (p - q(i, c)) / 2, 14)),
    );
  });

  it("has the right second derivative", () => {
    const [p] = probabilities;
    const f = (x: Tensor) => crossEntropy(reshape(x, [1, 3]), int([1]));
    const found = hessian(f, logits[0]) as number[][];
    found.forEach((row, i) =>
      row.forEach((h, j) => expect(h).toBeCloseTo(p[i] * (Number(i === j) - p[j]), 14)),
    );
  });

  it("is exact at large logits", () => {
    const f = (x: Tensor) => crossEntropy(reshape(x, [1, 2]), int([1]));
    expect(f(f64([1e4, 0])).item()).toBe(1e4);
    expect(slope(f, [1e4, 0])).toEqual([1, -1]);
  });

  it("takes probabilities, zero times an infinite logarithm is 0", () => {
    const f = (x: Tensor) => crossEntropy(x, f64([[0, 1]]));
    expect(f(f64([[-Infinity, 0]])).item()).toBe(0);
    expect(slope(f, f64([[-Infinity, 0]]))).toEqual([[0, 0]]);
  });
});

describe("normalisation over one element, or of equal ones", () => {
  const deviation = (x: Tensor) => sqrt(mean(square(sub(x, mean(x)))));

  it("has a gradient of 0, not NaN", () => {
    expect(slope(deviation, [3])).toEqual([0]);
    expect(slope(deviation, [2, 2, 2])).toEqual([0, 0, 0]);
    expect(
      vmap((x: Tensor) => grad((x: Tensor) => deviation(x))(x))(
        f64([
          [1, 1],
          [0, 2],
        ]),
      ).toArray(),
    ).toEqual([
      [0, 0],
      [-0.5, 0.5],
    ]);
  });
});
