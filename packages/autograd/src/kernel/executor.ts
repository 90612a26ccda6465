import type { Layout } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Program } from "./kernel.ts";

/** A program ready to run on inputs of certain layouts. */
export type Plan = (inputs: readonly Tensor[]) => Tensor[];

/** Runs programs. All executors compute the same; they differ in speed and readability. */
export interface Executor {
  readonly name: string;
  prepare(program: Program, layouts: readonly Layout[]): Plan;
}
