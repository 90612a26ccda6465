// What is worth putting into one loop.
import { definedFunction } from "@wengert/autograd/compiler";
import type { Instr, LoopKernel } from "../plan/ir.ts";

/** More values than this, and registers would be spilled all the time. */
const maxInstrs = 160;
const maxOperands = 24;
const maxStages = 4;

const heavy = new Set(
  (
    "exp exp2 log log2 log10 log1p expm1 sin cos tan tanh sigmoid cbrt " +
    "erf erfc ndtr ndtrOfGauss gauss pow"
  ).split(" "),
);

/** Whether a value costs much more than a load. */
export const isHeavy = (instr: Instr): boolean =>
  instr.kind === "random" ||
  (instr.kind === "call" && (heavy.has(instr.fn) || definedFunction(instr.fn) !== undefined));

export const sizeOfDims = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

const isDouble = ({ instrs }: LoopKernel): boolean => instrs.some((it) => it.dtype === "float64");

/** Vectors with a float64 in them have half as many lanes: a few doubles (a learning rate) do not go
 *  into a long loop of single precision. */
export function widensLanes(small: LoopKernel, large: LoopKernel): boolean {
  return sizeOfDims(large.dims) > 64 && isDouble(small) !== isDouble(large);
}

/** How often the row has to be gone through. */
export function stagesOf({ instrs, dims, rowDims, stores }: LoopKernel): number {
  const firstRow = dims.length - rowDims;
  const stage: number[] = [];
  const varies: boolean[] = [];
  for (const instr of instrs) {
    switch (instr.kind) {
      case "reduce":
        stage.push(stage[instr.arg] + 1);
        varies.push(false);
        break;
      case "call":
        stage.push(Math.max(...instr.args.map((arg) => stage[arg])));
        varies.push(instr.args.some((arg) => varies[arg]));
        break;
      case "cast":
        stage.push(stage[instr.arg]);
        varies.push(varies[instr.arg]);
        break;
      case "gather":
        stage.push(stage[instr.index]);
        varies.push(true);
        break;
      case "const":
        stage.push(0);
        varies.push(false);
        break;
      default:
        stage.push(0);
        varies.push(rowDims > 0 && (instr.kind !== "load" || firstRow >= 0));
    }
  }
  return (
    1 + Math.max(0, ...stores.map(({ value }) => (varies[value] ? stage[value] : stage[value] - 1)))
  );
}

/** Whether a loop is one that the generator runs well: not too long, and with work for all threads. */
export function isWorthwhile(kernel: LoopKernel): boolean {
  const { instrs, operands, dims, rowDims } = kernel;
  if (instrs.length > maxInstrs || operands.length > maxOperands) return false;
  if (rowDims === 0) return true;
  const stages = stagesOf(kernel);
  if (stages > maxStages) return false;
  const rows = sizeOfDims(dims.slice(0, dims.length - rowDims));
  const length = sizeOfDims(dims.slice(dims.length - rowDims));
  return stages <= 1 || rows >= 64 || rows * length <= 16384;
}
