// Twins: the same training step made twice of the same seed, one run eagerly and one compiled. Eager
// code is the judge.
import { expect } from "vitest";
import {
  Generator,
  leavesOf,
  normal,
  tensor,
  type CreateOptions,
  type Shape,
  type Tensor,
} from "@wengert/autograd";
import type { Module } from "@wengert/nn";
import type { Optimizer } from "@wengert/optim";
import { compile, type Compiled } from "../../src/index.ts";

export type Step = (x: Tensor, y: Tensor) => Tensor;

/** A training step, and all tensors that it may change. */
export interface Training {
  readonly step: Step;
  readonly model: Module;
  readonly optimizer: Pick<Optimizer, "lr" | "groups" | "step" | "zeroGrad">;
  readonly state: readonly Tensor[];
}

export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** The largest difference between two tensors, relative to 1 and to the values; NaN agrees with NaN. */
export function distance(a: Tensor, b: Tensor): number {
  expect([a.dtype, ...a.shape]).toEqual([b.dtype, ...b.shape]);
  const y = b.data;
  return Array.from(a.data).reduce((most, x, i) => {
    if (Object.is(x, y[i]) || x === y[i]) return most;
    const difference = Math.abs(x - y[i]) / Math.max(1, Math.abs(y[i]));
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}

/** Compares trees of tensors. */
export function expectClose(actual: unknown, expected: unknown, tolerance: number): void {
  const [xs, ys] = [leavesOf(actual), leavesOf(expected)];
  expect(xs.length).toBe(ys.length);
  xs.forEach((x, i) => expect(distance(x, ys[i]), `tensor ${i}`).toBeLessThanOrEqual(tolerance));
}

/** All elements of some tensors, to be compared exactly. */
export const snapshot = (tensors: readonly Tensor[]) =>
  tensors.map(({ data, dtype, shape, storage }) => ({
    data,
    dtype,
    shape,
    version: storage?.version,
  }));

export const seeded = (
  shape: Shape,
  seed: number,
  dtype: CreateOptions["dtype"] = "float64",
): Tensor => normal(shape, { generator: new Generator(seed), dtype });

/** Class labels that are no function of the row alone. */
export const labels = (count: number, classes: number): Tensor =>
  tensor(Int32Array.from({ length: count }, (_, i) => (i * 7 + (i >> 1)) % classes));

/** Trains both twins and compares the loss at each step and all state at the end. `before` is told of
 *  the twin and the number of the step. */
export function trainTwins(
  make: () => Training,
  batches: readonly Batch[],
  { steps, tolerance, before }: TrainOptions,
): { readonly compiled: Compiled<Step>; readonly losses: readonly number[] } {
  const [eager, twin] = [make(), make()];
  const compiled = compile(twin.step);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { x, y } = batches[i % batches.length];
    before?.(eager, i);
    before?.(twin, i);
    const expected = eager.step(x, y);
    const actual = compiled(x, y);
    expect(distance(actual, expected), `the loss of step ${i}`).toBeLessThanOrEqual(tolerance);
    losses.push(actual.item());
  }
  expectClose(twin.state, eager.state, tolerance);
  return { compiled, losses };
}

export interface TrainOptions {
  readonly steps: number;
  readonly tolerance: number;
  readonly before?: (twin: Training, step: number) => void;
}

/** What f throws; fails where it throws nothing. */
export function caught(f: () => unknown): Error {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error, got none");
}
