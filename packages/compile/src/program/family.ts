// One program for the calls of a function that differ in the size of an axis alone.
import { AllocationError, type Tensor } from "@wengert/autograd";
import { assumingPasses } from "../optimise/assume.ts";
import { optimise } from "../optimise/index.ts";
import { SymbolicGraph } from "../graph/symbolic.ts";
import { hold, type Guard } from "../record/fields.ts";
import type { Recording } from "../record/recorder.ts";
import { sameForm } from "../record/result.ts";
import { NotSymbolic } from "../size/not-symbolic.ts";
import type { Take } from "./outputs.ts";
import { CompiledProgram } from "./program.ts";
import { planSymbolic, SymbolicProgram, withNumbers, type SymbolicPlan } from "./symbolic.ts";

/** What runs a call. */
export interface Runnable {
  compute<R>(tensors: readonly Tensor[], take: Take<R>): R;
  runAsync(tensors: readonly Tensor[]): Promise<Tensor[]>;
  /** The program, ready for such a call. */
  readonly current: CompiledProgram;
  dispose(): void;
}

/** Shapes of the tensors of a call. */
export type Shapes = readonly (readonly number[])[];

/** The axes that have the size: for each tensor, which ones. */
export type Axes = readonly (readonly number[])[];

/** The size that all the axes have; null if there is none, or it is one that is special: an axis of one
 *  element broadcasts, one without elements has no maximum. */
export function sizeOf(shapes: Shapes, axes: Axes): number | null {
  const sizes = new Set(axes.flatMap((those, i) => those.map((axis) => shapes[i][axis])));
  const [size] = sizes;
  return sizes.size === 1 && size >= 2 ? size : null;
}

/** The shapes with another size. */
export const resized = (shapes: Shapes, axes: Axes, size: number): Shapes =>
  shapes.map((shape, i) => shape.map((n, d) => (axes[i].includes(d) ? size : n)));

export class Family {
  readonly axes: Axes;
  private readonly shapes: Shapes;
  private readonly recording: Recording;
  private readonly symbolic: SymbolicPlan;
  private program: SymbolicProgram;
  /** Programs for single sizes, since the one for all has given up what it assumed and found no other
   *  way. */
  private readonly single = new Map<number, CompiledProgram>();
  private isSplit = false;
  /** How often it was compiled: once, and again for each size beyond the capacity. */
  compilations = 1;

  /** The recordings are for calls of these shapes with three sizes; `seen`: the largest size that has come.
   *  @throws NotSymbolic */
  constructor(
    shapes: Shapes,
    axes: Axes,
    sizes: readonly number[],
    recordings: readonly Recording[],
    seen: number,
  ) {
    const [first] = recordings;
    for (const other of recordings) checkAlike(first, other);
    this.shapes = shapes;
    this.axes = axes;
    this.recording = first;
    const graph = new SymbolicGraph(
      recordings.map((recording) => recording.graph),
      sizes,
      shapes.length + first.captured.length,
    );
    const capacity = capacityFor(seen);
    this.symbolic = planSymbolic(graph, capacity);
    this.program = new SymbolicProgram(first, this.symbolic, capacity);
  }

  get capacity(): number {
    return this.program.capacity;
  }

  /** The size of a call, or null if the call is none of these, or the function depends on something that is
   *  no longer what it was. */
  sizeOf(shapes: Shapes): number | null {
    const size = sizeOf(shapes, this.axes);
    if (size === null || !hold(this.recording.guards)) return null;
    const own = resized(this.shapes, this.axes, size);
    return shapes.every((shape, i) => shape.join() === own[i].join()) ? size : null;
  }

  /** What runs calls of a size, for which the function has been recorded: that tells whether it does there
   *  what it does for other sizes. @throws NotSymbolic */
  at(size: number, recording: Recording): Runnable {
    checkAlike(this.recording, recording);
    const numbers = this.symbolic.graph.argumentsFor(recording.graph, size);
    const program = (): CompiledProgram => {
      if (this.isSplit) return this.singly(size, numbers);
      if (size > this.program.capacity) this.grow(size);
      this.program.resize(size, numbers);
      return this.program;
    };
    program();
    const split = (error: unknown): CompiledProgram => {
      if (!(error instanceof NotSymbolic)) throw error;
      this.isSplit = true;
      return program();
    };
    return {
      get current() {
        return program().current;
      },
      compute: (tensors, take) => {
        try {
          return program().compute(tensors, take);
        } catch (error) {
          return split(error).compute(tensors, take);
        }
      },
      runAsync: (tensors) =>
        program()
          .runAsync(tensors)
          .catch((error: unknown) => split(error).runAsync(tensors)),
      dispose: () => {},
    };
  }

  /** A program for one size that assumes nothing. */
  private singly(size: number, numbers: readonly number[]): CompiledProgram {
    let program = this.single.get(size);
    if (!program) {
      const { recording, symbolic } = this;
      const graph = symbolic.graph.at(size);
      const own = withNumbers(recording, graph, symbolic.graph.holes, numbers);
      const plan = () => optimise(graph, assumingPasses);
      this.single.set(size, (program = new CompiledProgram(own, plan(), plan)));
      this.compilations++;
    }
    return program;
  }

  private grow(size: number): void {
    const made = this.larger(size);
    this.program.dispose();
    this.program = made;
    this.compilations++;
  }

  /** With room for more, if there is memory for it. */
  private larger(size: number): SymbolicProgram {
    try {
      return new SymbolicProgram(this.recording, this.symbolic, capacityFor(size));
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      return new SymbolicProgram(this.recording, this.symbolic, size);
    }
  }
}

const capacityFor = (size: number): number => 2 ** Math.ceil(Math.log2(size));

const countOf = (guards: readonly Guard[]): number =>
  guards.reduce((sum, { count = 1 }) => sum + count, 0);

/** @throws NotSymbolic where recordings differ in more than their graphs */
function checkAlike(a: Recording, b: Recording): void {
  const isSame =
    a.cells.length === b.cells.length &&
    a.cells.every((cell, i) => cell === b.cells[i]) &&
    a.captured.length === b.captured.length &&
    countOf(a.guards) === countOf(b.guards) &&
    a.gradients.length === b.gradients.length &&
    a.gradients.every(
      ({ owner, output }, i) => owner === b.gradients[i].owner && output === b.gradients[i].output,
    ) &&
    sameForm(a.result, b.result);
  if (!isSame) {
    throw new NotSymbolic("the function uses or returns something else for another size");
  }
}
