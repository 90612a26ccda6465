// Loops: which results of a repeated body are wanted, and where its buffers lie.
import { dtypeInfo } from "@wengert/autograd/compiler";
import type { Graph, Node, TurnsKernel } from "../graph/graph.ts";
import { planArena } from "./arena.ts";
import type { Binding, Buffer, Location, Plan } from "./group.ts";

export type TurnsNode = Node & { readonly kernel: TurnsKernel };

export const isTurns = (node: Node): node is TurnsNode =>
  node.kind === "kernel" && node.kernel.kind === "turns";

/** The node that is each of a loop's results; null for one that nobody wants. */
export function resultsOf(graph: Graph, id: number, { kernel }: TurnsNode): (number | null)[] {
  const results = kernel.outputs.map((_, i): number | null => (i === 0 ? id : null));
  graph.nodes.forEach((node, number) => {
    if (node.kind !== "kernel" || node.kernel.kind !== "part" || node.inputs[0].node !== id) return;
    results[node.kernel.index] ??= number;
  });
  return results;
}

/** The body of a loop without results that nobody wants. Carries are wanted by the next turn. */
export function wantedBody(graph: Graph, id: number, node: TurnsNode): Graph {
  const { body, carries } = node.kernel;
  const results = resultsOf(graph, id, node);
  const stores = body.stores.filter(({ cell }) => cell < carries || results[cell] !== null);
  return { ...body, stores };
}

export interface Surroundings {
  /** A new temporary, or a constant of the body's. */
  add(buffer: Buffer): number;
  /** Where an input of the loop lies in one piece. */
  input(index: number): Binding;
  /** The buffer of a result. */
  result(index: number): number;
}

/** Where the buffers of a body lie. */
export function placeBody(
  body: Plan,
  { carries, xs }: TurnsKernel,
  surroundings: Surroundings,
): Location[] {
  const arena = planArena(body);
  const role = { kind: "temporary" } as const;
  // Bytes: what lies in it has dtypes of its own.
  const temporaries =
    arena.offsets.size > 0 ? surroundings.add({ dtype: "bool", size: arena.bytes, role }) : -1;
  return body.buffers.map((buffer, b): Location => {
    const width = dtypeInfo(buffer.dtype).bytes;
    const slice = buffer.size * width;
    switch (buffer.role.kind) {
      case "temporary":
        return { buffer: temporaries, byte: arena.offsets.get(b) ?? 0, step: 0 };
      case "constant":
        return { buffer: surroundings.add(buffer), byte: 0, step: 0 };
      case "input": {
        const { index } = buffer.role;
        const at = surroundings.input(index);
        const step = index < carries + xs ? slice : 0;
        return { buffer: at.buffer, byte: at.offset * width, step };
      }
      case "cell": {
        const { index } = buffer.role;
        return { buffer: surroundings.result(index), byte: 0, step: index < carries ? 0 : slice };
      }
    }
  });
}
