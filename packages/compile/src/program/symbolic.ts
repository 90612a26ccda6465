// A program that runs for many sizes of an axis, up to a capacity.
import { Tensor, type DType } from "@wengert/autograd";
import { allocate, contiguousLayout, Storage } from "@wengert/autograd/compiler";
import { SymbolicEmitter } from "../codegen/symbolic.ts";
import type { Graph } from "../graph/graph.ts";
import type { SymbolicGraph } from "../graph/symbolic.ts";
import { assumingPasses } from "../optimise/assume.ts";
import { optimise } from "../optimise/index.ts";
import type { HostGroup, Plan } from "../plan/group.ts";
import { planFor } from "../plan/symbolic.ts";
import type { Recording } from "../record/recorder.ts";
import { NotSymbolic } from "../size/not-symbolic.ts";
import { Scope, withScope } from "../size/scope.ts";
import { CompiledProgram } from "./program.ts";

/** A function recorded for many sizes, optimised. */
export interface SymbolicPlan {
  readonly graph: SymbolicGraph;
  readonly plan: Plan;
  readonly probes: readonly [number, number];
}

/** Beside the largest number that is no size, probes are larger by this factor; where squares of the size
 *  occur, less room is left. */
const room = { linear: 64, square: 32 };
const divisible = 7 * 5 * 9 * 1024;
const leastProbe = 2 ** 20;
const mostProbe = 2 ** 40;

/** `skip`: passes that are left out. @throws NotSymbolic */
export function planSymbolic(
  graph: SymbolicGraph,
  usual: number,
  skip?: ReadonlySet<string>,
): SymbolicPlan {
  const factor = graph.isLinear ? room.linear : room.square;
  const probe = nextPrime(Math.max(leastProbe, graph.largest * factor));
  if (probe > mostProbe) throw new NotSymbolic("it has extents that are too large");
  // What asks for a remainder of the size, and should not, gets another answer from the other probe.
  const probes = [probe, Math.ceil((probe * 1.37) / divisible) * divisible] as const;
  const scope = new Scope(probe, 0, probe, usual);
  const plan = withScope(scope, () => optimise(graph.at(probe), skip));
  if (plan.groups.some(({ kind }) => kind === "turns")) {
    throw new NotSymbolic("it has loops of its own (scan)");
  }
  return { graph, plan, probes };
}

function nextPrime(from: number): number {
  for (let n = Math.ceil(from) | 1; ; n += 2) if (isPrime(n)) return n;
}

function isPrime(n: number): boolean {
  for (let d = 3; d * d <= n; d += 2) if (n % d === 0) return false;
  return true;
}

export class SymbolicProgram extends CompiledProgram {
  readonly capacity: number;
  private readonly symbolic: SymbolicPlan;
  private readonly original: Recording;
  private readonly scalars: Tensor[];
  private hosts: readonly HostGroup[] | null = null;
  private numbers: readonly number[] = [];

  /** The recording is one for any size. @throws NotSymbolic */
  constructor(recording: Recording, symbolic: SymbolicPlan, capacity: number, isWide?: boolean) {
    const { graph, plan, probes } = symbolic;
    const scalars: Tensor[] = graph.holes.map((dtype) => scalar(0, dtype));
    const largest = planFor(plan, probes[0], capacity);
    const { buffers } = largest;
    const plans = [plan, planFor(plan, ...probes)].map((it) => ({ ...it, buffers }));
    super(
      withScalars(recording, graph.at(capacity), scalars),
      largest,
      () => largest,
      (target) => {
        const scope = (i: 0 | 1) => new Scope(probes[i], i, probes[0], capacity);
        return new SymbolicEmitter([plans[0], plans[1]], [scope(0), scope(1)], target, capacity);
      },
      isWide,
    );
    this.symbolic = symbolic;
    this.original = recording;
    this.capacity = capacity;
    this.scalars = scalars;
  }

  /** Prepares calls for a size. `numbers` are those that depend on it in the function itself. */
  resize(size: number, numbers: readonly number[]): void {
    const { current } = this;
    if (current !== this) return (current as SymbolicProgram).resize(size, numbers);
    if (this.size === size) return;
    const { graph, plan, probes } = this.symbolic;
    this.size = size;
    this.numbers = numbers;
    this.fillTables();
    const own = planFor({ ...plan, groups: [], buffers: [] }, probes[0], size);
    const outputs = graph.outputsAt(size);
    this.outputs.resize({ ...own, buffers: this.plan.buffers }, { outputs });
    this.hosts = null;
    numbers.forEach((value, i) => (this.scalars[i] = scalar(value, graph.holes[i])));
  }

  override get presentPlan(): Plan {
    const { plan, probes } = this.symbolic;
    return this.size === null ? this.plan : planFor(plan, probes[0], this.size);
  }

  protected override carefully(): SymbolicProgram {
    const { original, symbolic, capacity, isWide } = this;
    const careful = planSymbolic(symbolic.graph, capacity, assumingPasses);
    const program = new SymbolicProgram(original, careful, capacity, isWide);
    program.resize(this.size!, this.numbers);
    return program;
  }

  protected override hostGroup(i: number): HostGroup {
    const { plan, probes } = this.symbolic;
    this.hosts ??= planFor(
      { ...plan, groups: plan.groups.filter((group) => group.kind === "host") },
      probes[0],
      this.size!,
    ).groups as readonly HostGroup[];
    return this.hosts[i];
  }
}

/** A recording whose numbers that depend on the size are read from tensors. */
const withScalars = (
  recording: Recording,
  graph: Graph,
  scalars: readonly Tensor[],
): Recording => ({
  ...recording,
  graph,
  captured: [...recording.captured, ...scalars.map((_, i) => () => scalars[i])],
});

/** A recording for the size that the graph is for. */
export const withNumbers = (
  recording: Recording,
  graph: Graph,
  dtypes: readonly DType[],
  numbers: readonly number[],
): Recording =>
  withScalars(
    recording,
    graph,
    numbers.map((value, i) => scalar(value, dtypes[i])),
  );

function scalar(value: number, dtype: DType): Tensor {
  const data = allocate(dtype, 1);
  data[0] = value;
  return new Tensor(contiguousLayout(dtype, []), new Storage(data), 0);
}
