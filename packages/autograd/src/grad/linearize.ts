import { zerosLike } from "../op/rules.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkCotangent } from "./backward.ts";
import { tangentsOf } from "./forward.ts";
import { runProgram } from "./program.ts";
import { checkDifferentiable } from "./reverse.ts";
import { checkFunction, checkSynchronous, checkTensors } from "./trace.ts";
import { flatten, leavesLike, type FlatTree } from "./tree.ts";
import { witnessLinear } from "./witness.ts";

/**
 * The value of f at the arguments and its linear approximation there: a function from tangents of the
 * arguments to that of the value. It does what `jvp` does, but f is evaluated once, however many
 * tangents follow; what it came to is kept for as long as the function is.
 * @throws DTypeError for integer arguments; ShapeError or DTypeError for tangents that do not fit.
 * @example
 * const [y, push] = linearize((x: Tensor) => sin(x), x);
 * const dy = push(ones(x.shape));
 */
export function linearize<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): [R, (...tangents: A) => R] {
  checkFunction("linearize", f, "linearize((x) => sin(x), x)");
  args.forEach((arg, i) => checkDifferentiable("linearize", arg, i));
  const from = flatten(args, "linearize");
  let to: FlatTree<R> | null = null;
  const still = from.leaves.map((x) => zerosLike(x.layout));
  const { program, captured, values } = witnessLinear("linearize", still, (moves) => {
    const [outputs, tangents] = tangentsOf(
      (leaves) => {
        const result = checkSynchronous("linearize", f(...from.build(leaves)));
        to = flatten(result, "linearize");
        checkTensors("linearize", result, to.leaves);
        return to.leaves;
      },
      from.leaves,
      moves,
    );
    // Integers have no tangents; what is returned for them are zeros.
    return [outputs, outputs.map((y, i) => tangents[i] ?? zerosLike(y.layout))];
  });
  const { build } = to!;
  const push = (...tangents: A): R => {
    const moves = leavesLike(from, tangents, "linearize", "tangents");
    from.leaves.forEach((x: Tensor, i) => checkCotangent("linearize", x, moves[i]));
    return build(runProgram(program, [...moves, ...captured]));
  };
  return [build(values), push];
}
