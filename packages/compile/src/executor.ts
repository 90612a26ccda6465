// An op at a time through the compiler: an executor like the eager ones, whose kernels are compiled.
// Suites run on it, so that the same tests judge eager and compiled code.
import { Tensor, type Plan, type Program } from "@wengert/autograd";
import { contiguousLayout, Storage, type Executor, type Layout } from "@wengert/autograd/compiler";
import { GraphBuilder, wholeRef, type Place } from "./graph/builder.ts";
import { assumingPasses } from "./optimise/assume.ts";
import { optimise } from "./optimise/index.ts";
import { CompiledProgram } from "./program/program.ts";

/** Compiles each op's program by itself; inputs are copied in and results copied out at each call. */
export const compiledExecutor: Executor = {
  name: "compiled",
  prepare: (program, layouts) => planOf(program, layouts),
};

/** The stretch of a storage that a layout looks at, relative to its first element. */
interface Span {
  readonly low: number;
  readonly length: number;
}

function spanOf({ shape, strides, size }: Layout): Span {
  if (size === 0) return { low: 0, length: 0 };
  const reach = shape.map((n, d) => strides[d] * (n - 1));
  const low = reach.reduce((sum, r) => sum + Math.min(0, r), 0);
  const high = reach.reduce((sum, r) => sum + Math.max(0, r), 0);
  return { low, length: high - low + 1 };
}

function planOf(program: Program, layouts: readonly Layout[]): Plan {
  const builder = new GraphBuilder();
  const spans = layouts.map(spanOf);
  // Storages that stand for those of the inputs; what they hold is never looked at.
  const stands = layouts.map(() => new Storage(new Uint8Array(0)));
  const inputs: Place[] = layouts.map((layout, i) => {
    const source = { kind: "input", index: i } as const;
    builder.source(stands[i], source, spans[i].length, layout.dtype, "input");
    return { layout, storage: stands[i], offset: -spans[i].low };
  });
  const written = new Set<Storage>();
  const makeStorage = () => new Storage(new Uint8Array(0));
  const places = builder.call("op", program, inputs, makeStorage, (it) => void written.add(it));
  const computed = places.filter(({ storage }) => !stands.includes(storage));
  const changed = stands.filter((stand) => written.has(stand));
  const refs = [
    ...computed.map((place) => builder.ref(place)),
    ...changed.map((stand) =>
      wholeRef(builder.valueOf(stand), builder.nodeAt(builder.valueOf(stand))),
    ),
  ];
  /** The output at a place in an input's storage. */
  const view = ({ layout, offset }: Place, i: number, tensors: readonly Tensor[]): Tensor =>
    new Tensor(layout, tensors[i].storage, tensors[i].offset + spans[i].low + offset);
  // Nothing to compute: there are many views among the ops, and a program takes its time.
  if (refs.length === 0) {
    const sources = places.map(({ storage }) => stands.indexOf(storage));
    return (tensors) => places.map((place, k) => view(place, sources[k], tensors));
  }
  const graph = builder.finish(refs, []);
  const nothing = { cells: [], captured: [], guards: [], gradients: [], result: null };
  const compiled = new CompiledProgram({ graph, ...nothing }, optimise(graph), () =>
    optimise(graph, assumingPasses),
  );
  return (tensors) => {
    const stretches = tensors.map(
      ({ storage, offset, dtype }, i) =>
        new Tensor(contiguousLayout(dtype, [spans[i].length]), storage, offset + spans[i].low),
    );
    const results = compiled.run(stretches);
    changed.forEach((stand, k) => {
      const i = stands.indexOf(stand);
      const { storage, offset } = stretches[i];
      const { storage: made, offset: from, size } = results[computed.length + k];
      storage!.data.set(made!.data.subarray(from, from + size), offset);
      storage!.version++;
    });
    return places.map((place) => {
      const i = stands.indexOf(place.storage);
      return i < 0 ? results[computed.indexOf(place)] : view(place, i, tensors);
    });
  };
}
