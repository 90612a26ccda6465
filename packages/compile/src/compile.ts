// compile(f): what users call.
import {
  checkOptions,
  describeValue,
  leavesOf,
  mapTree,
  OptionError,
  Tensor,
  TransformError,
} from "@wengert/autograd";
import { currentWatcher, isTransforming } from "@wengert/autograd/compiler";
import { explain } from "./explain/explain.ts";
import type { Explanation } from "./explain/types.ts";
import { assumingPasses } from "./optimise/assume.ts";
import { optimise } from "./optimise/index.ts";
import { PlainCall, takeApart, type Call } from "./program/arguments.ts";
import { CompiledProgram } from "./program/program.ts";
import { checkIdle } from "./program/lock.ts";
import { Recorder, type Recording } from "./record/recorder.ts";
import { checkResult } from "./record/result.ts";

export interface CompileOptions {
  /** Whether gradients that the function clears and fills can be read after a call. Default: false:
   *  they exist inside of the program alone. */
  readonly keepGrads?: boolean;
}

type AnyFunction = (...args: never[]) => unknown;

/** A compiled function: called like the one that it was made of. */
export type Compiled<F extends AnyFunction> = F & {
  /** How often the function has been recorded and compiled: once for each kind of call. */
  readonly compilations: number;
  /**
   * The same call off this thread, so that a page stays responsive. Calls run one at a time; until the
   * Promise is settled, tensors that the function uses may not be touched.
   * @throws CompiledProgramError while another call runs, and for functions that call host ops.
   */
  readonly async: (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;
  /**
   * What the program of the latest call does: its kernels, their work and their times, which are
   * measured by running it some more times on the same arguments. Changes nothing.
   * @throws TransformError before the first call
   */
  readonly explain: () => Explanation;
};

/** A way in which the function runs, for certain arguments and a certain state of its surroundings. */
interface Variant {
  readonly program: CompiledProgram;
  readonly recording: Recording<unknown>;
  /** What it was made for, if that can be told at a glance. */
  readonly plain: PlainCall | null;
  /** Whether the function returns one tensor, and not a tree of them. */
  readonly isSingle: boolean;
}

/** More programs than this, and those not used for longest are forgotten. */
const maxPrograms = 64;

/** A function that nobody can call any more gives back the memory of its programs. */
const release = new FinalizationRegistry((variants: Map<string, readonly Variant[]>) => {
  for (const list of variants.values()) for (const { program } of list) program.dispose();
});

/**
 * The same function as one WebAssembly program: forward, backward and update of a training step run
 * as one planned sequence of kernels on all cores.
 */
export function compile<F extends AnyFunction>(f: F, options: CompileOptions = {}): Compiled<F> {
  checkCompilable(f);
  checkOptions("compile", options, ["keepGrads"]);
  const cache = new ProgramCache(f, options.keepGrads ?? false);
  const call = (...args: never[]): unknown => {
    // Inside of a transform or of another recording it is simply f.
    if (isTransforming() || currentWatcher() !== null) return f(...args);
    return cache.call(args);
  };
  Object.defineProperty(call, "name", { value: f.name });
  Object.defineProperty(call, "compilations", { get: () => cache.compilations });
  const async = (...args: never[]): Promise<unknown> => cache.callAsync(args);
  Object.defineProperty(call, "async", { value: async });
  Object.defineProperty(call, "explain", { value: () => cache.explain() });
  return call as unknown as Compiled<F>;
}

function checkCompilable(f: unknown): void {
  if (typeof f === "function") return;
  throw new OptionError({
    where: "compile",
    expected: "a function of tensors",
    got: describeValue(f),
    fix: "Write e.g. compile((x: Tensor) => model.forward(x)).",
  });
}

class ProgramCache {
  private readonly f: AnyFunction;
  private readonly keepGrads: boolean;
  /** By the key of the arguments; those used last come last. */
  private readonly variants = new Map<string, readonly Variant[]>();
  private latest: Variant | null = null;
  /** How many variants there are. */
  private kept = 0;
  compilations = 0;

  constructor(f: AnyFunction, keepGrads: boolean) {
    this.f = f;
    this.keepGrads = keepGrads;
    release.register(this, this.variants);
  }

  call(args: readonly unknown[]): unknown {
    const [variant, tensors] = this.choose(args);
    return finish(variant, variant.program.run(tensors));
  }

  async callAsync(args: readonly unknown[]): Promise<unknown> {
    const [variant, tensors] = this.choose(args);
    return finish(variant, await variant.program.runAsync(tensors));
  }

  explain(): Explanation {
    const { latest, f, compilations } = this;
    if (latest)
      return explain(latest.program.current, f.name || "a compiled function", compilations);
    throw new TransformError({
      where: "explain",
      expected: "a compiled function that has been called",
      got: "one that has not: the arguments of a call say what is compiled",
      fix: "Call it first.",
    });
  }

  /** The program for these arguments, and the tensors among them. */
  private choose(args: readonly unknown[]): readonly [Variant, readonly Tensor[]] {
    checkIdle();
    const { latest } = this;
    if (latest?.plain?.fits(args) && isCurrent(latest)) return [latest, args];
    const taken = takeApart(args);
    const list = this.variants.get(taken.key) ?? [];
    const chosen = list.find(isCurrent) ?? this.make(args, taken);
    this.variants.delete(taken.key);
    this.variants.set(taken.key, [...list.filter((variant) => variant !== chosen), chosen]);
    this.latest = chosen;
    this.forgetOldest();
    return [chosen, taken.tensors];
  }

  private make(args: readonly unknown[], taken: Call): Variant {
    const first = this.record(args, taken, null);
    const recording = this.record(args, taken, first);
    const program = new CompiledProgram(recording, optimise(recording.graph), () =>
      optimise(recording.graph, assumingPasses),
    );
    this.compilations++;
    this.kept++;
    return {
      program,
      recording,
      plain: PlainCall.of(args),
      isSingle: recording.result instanceof Tensor,
    };
  }

  private forgetOldest(): void {
    if (this.kept <= maxPrograms) return;
    const [key, [oldest, ...rest]] = this.variants.entries().next().value!;
    oldest.program.dispose();
    this.kept--;
    if (rest.length > 0) this.variants.set(key, rest);
    else this.variants.delete(key);
  }

  private record(args: readonly unknown[], taken: Call, earlier: Recording | null): Recording {
    const recorder = new Recorder(earlier);
    const stands = new Map(
      taken.tensors.map((tensor) => [
        tensor,
        recorder.input(tensor.shape, tensor.dtype, tensor.requiresGrad),
      ]),
    );
    const given = args.map((arg) => mapTree(arg, (leaf) => stands.get(leaf)!, "compile"));
    return recorder.run(
      () => checkResult(this.f(...(given as never[]))),
      (result) => [...new Set(leavesOf(result, "compile"))],
      this.keepGrads,
    );
  }
}

/** Gives gradients to their owners, and puts the results into the form of what f returned. */
function finish({ recording, isSingle }: Variant, outputs: readonly Tensor[]): unknown {
  for (const { owner, output } of recording.gradients) {
    owner.grad = output === null ? null : outputs[output];
  }
  if (isSingle) return outputs[0];
  const leaves = [...new Set(leavesOf(recording.result, "compile"))];
  return mapTree(recording.result, (leaf) => outputs[leaves.indexOf(leaf)], "compile");
}

/** Whether what the program was recorded under still holds. */
function isCurrent({ recording: { guards } }: Variant): boolean {
  for (const { read, value } of guards) if (!Object.is(read(), value)) return false;
  return true;
}
