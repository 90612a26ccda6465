/**
 * The perceptron.
 *
 * A unit that answers +1 or −1 by the side of a line on which a point lies: sign(w·x), where x has
 * a constant 1 as its last component, so that the last weight moves the line off the origin.
 * Rosenblatt's rule goes through the points and changes w at mistakes only, by
 *
 *     w ← w + t·x          (t = ±1 is the right answer)
 *
 * which is a step of gradient descent, with rate 1, on what the mistake costs:
 *
 *     e(w) = −t·(w·x),     ∂e/∂w = −t·x
 *
 * If some line separates the points, the rule finds one, after at most (R/γ)² mistakes, where R is
 * the length of the longest x and γ the distance u·x·t that some direction u, |u| = 1, keeps from
 * all points.
 *
 * F. Rosenblatt, The perceptron: a probabilistic model for information storage and organization in
 * the brain, Psychological Review 65 (1958). A. B. J. Novikoff, On convergence proofs on
 * perceptrons, Symposium on the Mathematical Theory of Automata (1962).
 */
import { Generator, grad, mul, sub, sum, tensor, uniform, zeros } from "@wengert/autograd";
import type { Tensor } from "@wengert/autograd";
import { plot, type Mark } from "./text.ts";

export interface Point {
  /** x, y and the constant 1. */
  readonly x: Tensor<[3]>;
  readonly target: 1 | -1;
}

/** The direction that the points are labelled by, |u| = 1: a separating one that we know. */
const u = [0.6, 0.64, -0.48];
const distance = ([x, y]: readonly number[]) => u[0] * x + u[1] * y + u[2];

/** Random points of the square [−1, 1]², none of them closer than `gap` to the line u·x = 0. */
export function separablePoints(seed: number, count = 60, gap = 0.02): Point[] {
  const generator = new Generator(seed);
  const points: Point[] = [];
  while (points.length < count) {
    const [x, y] = uniform([2], { low: -1, high: 1, generator }).data;
    const side = distance([x, y]);
    if (Math.abs(side) < gap) continue;
    points.push({ x: tensor([x, y, 1]).expect([3]), target: side > 0 ? 1 : -1 });
  }
  return points;
}

const score = (w: Tensor<[3]>, x: Tensor<[3]>): Tensor<[]> => sum(mul(w, x));
const cost = (w: Tensor<[3]>, { x, target }: Point) => mul(-target, score(w, x));
const slope = grad(cost);

const isWrong = (w: Tensor<[3]>, { x, target }: Point) => target * score(w, x).item() <= 0;

export interface Perceptron {
  readonly weights: Tensor<[3]>;
  /** How many mistakes there were in each pass through the points; the last one has none. */
  readonly mistakes: readonly number[];
}

/** Passes through the points until all are right. */
export function trainPerceptron(points: readonly Point[], maxPasses = 1000): Perceptron {
  let weights = zeros([3]);
  const mistakes: number[] = [];
  while (mistakes.at(-1) !== 0) {
    if (mistakes.length === maxPasses) throw new Error(`No line found in ${maxPasses} passes.`);
    let wrong = 0;
    for (const point of points) {
      if (!isWrong(weights, point)) continue;
      weights = sub(weights, slope(weights, point));
      wrong++;
    }
    mistakes.push(wrong);
  }
  return { weights, mistakes };
}

/** Novikoff's bound (R/γ)² for the direction u. */
export function mistakeBound(points: readonly Point[]): number {
  const radius = Math.max(...points.map(({ x }) => Math.hypot(...x.data)));
  const margin = Math.min(...points.map(({ x, target }) => target * distance([...x.data])));
  return (radius * Math.hypot(...u)) ** 2 / margin ** 2;
}

if (import.meta.main) {
  const points = separablePoints(1);
  const { weights, mistakes } = trainPerceptron(points);
  const [a, b, c] = weights.data;
  // The line a·x + b·y + c = 0, under the points.
  const line: Mark[] = Array.from({ length: 400 }, (_, i) => i / 199.5 - 1)
    .map((x) => ({ x, y: -(a * x + c) / b, mark: "·" }))
    .filter(({ y }) => Math.abs(y) <= 1);
  const marks = points.map(({ x, target }): Mark => {
    return { x: x.data[0], y: x.data[1], mark: target > 0 ? "+" : "o" };
  });
  const total = mistakes.reduce((sum, n) => sum + n);
  console.log(`Perceptron: ${points.length} points in the square [−1, 1]²\n`);
  console.log(plot([...line, ...marks]));
  console.log(`\nmistakes in each pass: ${mistakes.join(", ")}`);
  console.log(`total: ${total}, and Novikoff allows ${Math.floor(mistakeBound(points))}`);
  console.log(`line found: ${a.toFixed(2)}·x + ${b.toFixed(2)}·y = ${(-c).toFixed(2)}`);
}
