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
import type { ExplainOptions, Explanation } from "./explain/types.ts";
import { assumingPasses } from "./optimise/assume.ts";
import { optimise } from "./optimise/index.ts";
import { PlainCall, takeApart, type Call } from "./program/arguments.ts";
import { Families, kindOf, type SizedCall } from "./program/families.ts";
import type { Axes, Runnable, Shapes } from "./program/family.ts";
import { all, only } from "./program/outputs.ts";
import { CompiledProgram } from "./program/program.ts";
import { checkIdle } from "./program/lock.ts";
import { hold } from "./record/fields.ts";
import { Recorder, type Recording } from "./record/recorder.ts";
import { checkResult } from "./record/result.ts";

export interface CompileOptions {
  /** Whether gradients that the function clears and fills can be read after a call. Default: false:
   *  they exist inside of the program alone. */
  readonly keepGrads?: boolean;
  /**
   * Axes whose size may be another one at each call, served by one program: an axis for each tensor of the
   * arguments in their order, or null for none, e.g. `[0, 0]` for a batch `(x, labels)`. All of
   * them have the same size in a call. Such a program is made by the first call whose size is at least 2.
   * Default: an axis becomes symbolic when its third size comes. `false`: a program for each size.
   * Where one program cannot do for all sizes, each has its own, and `explain()` says why.
   */
  readonly symbolic?: false | readonly (number | null)[];
}

/** Lists for the arguments of a call, by their number; null while they are in use. */
const lists: (unknown[] | null)[] = [];

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
   * @example step.explain({ warmUpMs: 0 }).arenaBytes
   */
  readonly explain: (options?: ExplainOptions) => Explanation;
};

/** A way in which the function runs, for certain arguments and a certain state of its surroundings. */
interface Variant {
  readonly program: Runnable;
  readonly recording: Pick<Recording<unknown>, "guards" | "gradients" | "result">;
  /** What it was made for, if that can be told at a glance. */
  readonly plain: PlainCall | null;
  /** Whether the program yields what the function returns, one tensor, and nothing else. */
  readonly isSingle: boolean;
  /** By the tensors of the recorded result: which outputs they stand for. */
  readonly numbers: ReadonlyMap<Tensor, number>;
}

/** More programs than this, and those not used for longest are forgotten. */
const maxPrograms = 64;

/** Calls of different sizes that share a program are remembered in greater number. */
const maxVariants = 1024;

/**
 * The same function as one WebAssembly program: forward, backward and update of a training step run
 * as one planned sequence of kernels on all cores.
 */
export function compile<F extends AnyFunction>(f: F, options: CompileOptions = {}): Compiled<F> {
  checkCompilable(f);
  checkOptions("compile", options, ["keepGrads", "symbolic"]);
  const cache = new ProgramCache(f, options.keepGrads ?? false, familiesOf(options.symbolic));
  // Not `...args`, which would be a new array at each call.
  function call(): unknown {
    const { length } = arguments;
    // Inside of a transform or of another recording it is simply f.
    if (isTransforming() || currentWatcher() !== null) {
      return f(...(Array.from(arguments) as never[]));
    }
    checkIdle();
    const args = lists[length] ?? new Array<unknown>(length);
    lists[length] = null;
    for (let i = 0; i < length; i++) args[i] = arguments[i] as unknown;
    try {
      return cache.call(args);
    } finally {
      for (let i = 0; i < length; i++) args[i] = undefined;
      lists[length] = args;
    }
  }
  Object.defineProperty(call, "name", { value: f.name });
  Object.defineProperty(call, "compilations", { get: () => cache.compilations });
  const async = (...args: never[]): Promise<unknown> => cache.callAsync(args);
  Object.defineProperty(call, "async", { value: async });
  Object.defineProperty(call, "explain", {
    value: (options: ExplainOptions = {}) => cache.explain(options),
  });
  return call as unknown as Compiled<F>;
}

function warmUpOf(options: ExplainOptions): number {
  checkOptions("explain", options, ["warmUpMs"]);
  const { warmUpMs = 400 } = options;
  if (Number.isFinite(warmUpMs) && warmUpMs >= 0) return warmUpMs;
  throw new OptionError({
    where: "explain",
    expected: "warmUpMs to be a number of milliseconds >= 0",
    got: describeValue(warmUpMs),
    fix: "Leave it out for the default.",
  });
}

function familiesOf(symbolic: CompileOptions["symbolic"]): Families | null {
  if (symbolic === false) return null;
  if (symbolic === undefined) return new Families("automatic");
  if (!Array.isArray(symbolic)) throw noAxes(symbolic);
  const axes: Axes = symbolic.map((axis: unknown) => {
    if (axis === null) return [];
    if (typeof axis !== "number") throw noAxes(axis);
    return [axis];
  });
  return new Families(axes);
}

const noAxes = (got: unknown) =>
  new OptionError({
    where: "compile",
    expected: "symbolic to be false, or a list of an axis or null for each tensor of the arguments",
    got: describeValue(got),
    fix: "Write e.g. compile(f, { symbolic: [0, 0] }) for a batch in axis 0 of both arguments.",
  });

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
  private readonly families: Families | null;
  private latest: Variant | null = null;
  /** How many variants have a program of their own. */
  private kept = 0;
  /** Programs for one size. */
  private fixed = 0;

  constructor(f: AnyFunction, keepGrads: boolean, families: Families | null) {
    this.f = f;
    this.keepGrads = keepGrads;
    this.families = families;
  }

  get compilations(): number {
    return this.fixed + (this.families?.compilations ?? 0);
  }

  call(args: readonly unknown[]): unknown {
    const { latest } = this;
    if (latest?.plain?.fits(args) && isCurrent(latest)) return run(latest, args);
    const [variant, tensors] = this.choose(args);
    return run(variant, tensors);
  }

  async callAsync(args: readonly unknown[]): Promise<unknown> {
    checkIdle();
    const [variant, tensors] = this.choose(args);
    return finish(variant, await variant.program.runAsync(tensors));
  }

  explain(options: ExplainOptions): Explanation {
    const warmUpMs = warmUpOf(options);
    const { latest, f, compilations } = this;
    if (latest) {
      const symbolic = this.families?.describe() ?? [];
      const name = f.name || "a compiled function";
      return explain(latest.program.current, name, { compilations, symbolic }, warmUpMs);
    }
    throw new TransformError({
      where: "explain",
      expected: "a compiled function that has been called",
      got: "one that has not: the arguments of a call say what is compiled",
      fix: "Call it first.",
    });
  }

  /** The program for these arguments, and the tensors among them. */
  private choose(args: readonly unknown[]): readonly [Variant, readonly Tensor[]] {
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
    const shapes = taken.tensors.map(({ shape }) => shape as readonly number[]);
    const call: SizedCall | null = this.families && {
      kind: takeApart(args, kindOf).key,
      shapes,
      record: (others) => this.record(args, taken, null, others),
    };
    const known = call && this.families!.find(call);
    if (known) return variantOf(args, ...known);
    const first = this.record(args, taken, null, shapes);
    const recording = this.record(args, taken, first, shapes);
    const shared = call && this.families!.found(call, recording);
    if (shared) return variantOf(args, shared, recording);
    const program = programOf(recording);
    this.fixed++;
    this.kept++;
    return variantOf(args, program, recording);
  }

  private forgetOldest(): void {
    while (this.kept > maxPrograms || this.variants.size > maxVariants) {
      const [key, [oldest, ...rest]] = this.variants.entries().next().value!;
      oldest.program.dispose();
      if (oldest.program instanceof CompiledProgram) this.kept--;
      if (rest.length > 0) this.variants.set(key, rest);
      else this.variants.delete(key);
    }
  }

  private record(
    args: readonly unknown[],
    taken: Call,
    earlier: Recording | null,
    shapes: Shapes,
  ): Recording {
    const recorder = new Recorder(earlier);
    const stands = new Map(
      taken.tensors.map((tensor, i) => [
        tensor,
        recorder.input(shapes[i], tensor.dtype, tensor.requiresGrad),
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

/** A program for one size. Not made where a closure would see the cache: it is let go with that. */
function programOf(recording: Recording): CompiledProgram {
  const { graph } = recording;
  return new CompiledProgram(recording, optimise(graph), () => optimise(graph, assumingPasses));
}

/** Remembers of the recording what calls need. */
function variantOf(
  args: readonly unknown[],
  program: Runnable,
  { guards, gradients, result }: Recording,
): Variant {
  const leaves = new Set(leavesOf(result, "compile"));
  return {
    program,
    recording: { guards, gradients, result },
    plain: PlainCall.of(args),
    isSingle: result instanceof Tensor && gradients.every(({ output }) => output === null),
    numbers: new Map(Array.from(leaves, (leaf, i) => [leaf, i])),
  };
}

function run(variant: Variant, tensors: readonly Tensor[]): unknown {
  const { program, isSingle, recording } = variant;
  if (!isSingle) return finish(variant, program.compute(tensors, all));
  const result = program.compute(tensors, only);
  const { gradients } = recording;
  for (let i = 0; i < gradients.length; i++) gradients[i].owner.grad = null;
  return result;
}

/** Gives gradients to their owners, and puts the results into the form of what f returned. */
function finish({ recording, numbers }: Variant, outputs: readonly Tensor[]): unknown {
  const { gradients, result } = recording;
  for (let i = 0; i < gradients.length; i++) {
    const { owner, output } = gradients[i];
    owner.grad = output === null ? null : outputs[output];
  }
  return mapTree(result, (leaf) => outputs[numbers.get(leaf)!], "compile");
}

/** Whether what the program was recorded under still holds. */
const isCurrent = ({ recording }: Variant): boolean => hold(recording.guards);
