// How much work an instruction is, in about the instructions of one vector. It decides how far loops
// are unrolled, what is kept instead of computed again, and what is worth sharing between threads.
import { definedFunction } from "@wengert/autograd/compiler";
import type { Nest, NestInstr } from "./nest.ts";

const functions: Readonly<Record<string, number>> = {
  exp: 16,
  expm1: 24,
  log: 20,
  log1p: 26,
  tanh: 26,
  sigmoid: 24,
  erf: 40,
  erfc: 80,
  ndtr: 45,
  ndtrOfGauss: 24,
  gauss: 22,
  exp2: 16,
  log2: 26,
  log10: 26,
  cbrt: 40,
  tan: 40,
  sin: 30,
  cos: 30,
  pow: 80,
  div: 4,
  sqrt: 6,
  floorDivide: 30,
  remainder: 30,
  fmod: 30,
  shiftRight: 4,
  mulZero: 4,
  sign: 4,
};

export function costOf(instr: NestInstr): number {
  switch (instr.kind) {
    case "call":
      return functions[instr.fn] ?? definedFunction(instr.fn)?.size ?? 1;
    case "random":
      return 120;
    case "locate":
      return 6;
    case "gather":
      return 8;
    case "reduce":
      return instr.position < 0 ? 1 : 10;
    case "const":
      return 0;
    case "load":
    case "index":
    case "cast":
      return 1;
  }
}

/** Worth keeping rather than computing again. */
export const isHeavy = (instr: NestInstr): boolean => costOf(instr) >= 16;

/** Of all instructions and stores, for one element. */
export const costOfElement = ({ instrs, stores }: Nest): number =>
  instrs.reduce((sum, instr) => sum + costOf(instr), stores.length);
