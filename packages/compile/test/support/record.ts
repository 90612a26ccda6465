// Recording and compiling by hand, so that tests see the steps between.
import { leavesOf, mapTree, type Tensor } from "@wengert/autograd";
import type { Compiled, CompileOptions } from "../../src/index.ts";
import { assumingPasses } from "../../src/optimise/assume.ts";
import { optimise } from "../../src/optimise/index.ts";
import { CompiledProgram } from "../../src/program/program.ts";
import { Recorder, type Recording } from "../../src/record/recorder.ts";

type Step = (...args: Tensor[]) => unknown;

/** What a function does on tensors like these. */
export function record(step: Step, args: readonly Tensor[], keepGrads = false): Recording<unknown> {
  const once = (earlier: Recording<unknown> | null): Recording<unknown> => {
    const recorder = new Recorder(earlier);
    const stands = args.map(({ shape, dtype, requiresGrad }) =>
      recorder.input(shape, dtype, requiresGrad),
    );
    return recorder.run(
      () => step(...stands),
      (result) => [...new Set(leavesOf(result))],
      keepGrads,
    );
  };
  return once(once(null));
}

/** A stand-in for `compile` that leaves passes out. */
export function compileWithout(skip: ReadonlySet<string>) {
  return <F extends (...args: never[]) => unknown>(
    f: F,
    { keepGrads = false }: CompileOptions = {},
  ): Compiled<F> => {
    const step = f as unknown as Step;
    let made: { recording: Recording<unknown>; program: CompiledProgram } | null = null;
    const call = (...args: Tensor[]): unknown => {
      if (!made) {
        const recording = record(step, args, keepGrads);
        made = {
          recording,
          program: new CompiledProgram(recording, optimise(recording.graph, skip), () =>
            optimise(recording.graph, new Set([...skip, ...assumingPasses])),
          ),
        };
      }
      const { recording, program } = made;
      const outputs = program.run(args);
      for (const { owner, output } of recording.gradients) {
        owner.grad = output === null ? null : outputs[output];
      }
      const leaves = [...new Set(leavesOf(recording.result))];
      return mapTree(recording.result, (leaf) => outputs[leaves.indexOf(leaf)], "compile");
    };
    return call as unknown as Compiled<F>;
  };
}
