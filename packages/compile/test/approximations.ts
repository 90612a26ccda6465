// The functions whose float32 values are approximations, and their values in double precision.
import { primitives } from "@wengert/autograd/compiler";
import type { Features } from "../src/codegen/context.ts";
import { apply } from "./vector.support.ts";

const names = [
  ...(["exp", "tanh", "sigmoid", "log", "erf", "erfc", "ndtr", "gauss"] as const),
  ...(["sin", "cos", "tan", "log1p", "expm1", "exp2", "log2", "log10", "cbrt"] as const),
];

export type Approximation = (typeof names)[number];

/** By name. */
export const approximations = Object.fromEntries(
  names.map((name) => [name, primitives[name].float]),
) as Readonly<Record<Approximation, (x: number) => number>>;

/** What compiled code computes. */
export const valuesOf = (
  fn: string,
  xs: Float32Array<ArrayBuffer>,
  features: Features,
): Float32Array =>
  apply({
    instr: { kind: "call", dtype: "float32", fn, args: [0] },
    inputs: [xs],
    argTypes: ["float32"],
    features,
  }) as Float32Array;
