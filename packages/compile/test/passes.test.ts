// No pass changes a value: programs with each pass left out, with one alone, and with none.
// Takes long: starts among the first.
import { noGrad, type Tensor } from "@wengert/autograd";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { demandsOf, judge, type Demands } from "../../../test/support/random/judge.ts";
import { genes } from "../../../test/support/random/genes.ts";
import { grow } from "../../../test/support/random/program.ts";
import { report } from "../../../test/support/random/report.ts";
import { setThreads } from "../src/index.ts";
import { graphPasses, optimise, planPasses } from "../src/optimise/index.ts";
import { verify } from "../src/graph/verify.ts";
import type { Graph, Node, Ref } from "../src/graph/graph.ts";
import { compileWithout, record } from "./support/record.ts";
import { lenet, mlp, transformer, type TrainingStep } from "../../../test/support/steps.ts";

setThreads(1);

/** WENGERT_RANDOM_RUNS=5000 for a long run. */
const runs = Math.ceil(Number(process.env.WENGERT_RANDOM_RUNS ?? 200) / 25);

const names = [...graphPasses, ...planPasses].map(({ name }) => name);
const without = (name: string) => new Set([name]);
const only = (name: string) => new Set(names.filter((it) => it !== name));

const choices: readonly (readonly [string, ReadonlySet<string>])[] = [
  ["all", new Set<string>()],
  ["none", new Set(names)],
  ...names.map((name) => [`all but ${name}`, without(name)] as const),
  ...names.map((name) => [`${name} alone`, only(name)] as const),
];

describe("passes over random programs", () => {
  // The programs are the same for every choice, and so is what the reference says of them.
  const known = new Map<string, Demands | null>();

  it.each(choices)("%s", (_, skip) => {
    fc.assert(
      fc.property(genes(), (drawn) => {
        const program = grow(drawn);
        const key = fc.stringify(drawn);
        if (!known.has(key)) known.set(key, demandsOf(program));
        const { complaint } = judge(program, compileWithout(skip), known.get(key));
        if (complaint) throw new Error(report(program, complaint));
      }),
      { numRuns: runs, seed: 3 },
    );
  });
});

/** What two steps return and leave behind. */
function outcome(make: () => TrainingStep, skip: ReadonlySet<string> | null): Float64Array[] {
  const { step, args, state } = make();
  const run = skip ? compileWithout(skip)(step) : step;
  const losses = [1, 2].map(() => (run as (...args: readonly Tensor[]) => Tensor)(...args));
  return noGrad(() => [...losses, ...state].map(({ data }) => Float64Array.from(data)));
}

describe.each([
  ["an MLP with dropout and Adam", mlp],
  ["LeNet-5 with momentum", lenet],
  ["a transformer block with AdamW", transformer],
] as const)("passes over a step of %s", (_, make) => {
  const wanted = outcome(() => make(), null);

  it.each(choices)("%s", (__, skip) => {
    outcome(() => make(), skip).forEach((values, k) => {
      const scale = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const error = values.reduce((most, x, i) => Math.max(most, Math.abs(x - wanted[k][i])), 0);
      expect(error).toBeLessThanOrEqual(2e-5 * Math.max(scale, 0.05));
    });
  });
});

describe("verify", () => {
  const { step, args } = mlp();
  const { graph } = record(step, args);

  /** The graph with one ref of the last node that has inputs changed. */
  function spoil(change: (ref: Ref, at: number) => Partial<Ref>): Graph {
    const at = graph.nodes.findLastIndex((node) =>
      node.inputs.some(({ shape }) => shape.length > 0 && shape[0] > 1),
    );
    const nodes = graph.nodes.map((node, i): Node => {
      if (i !== at) return node;
      return { ...node, inputs: node.inputs.map((ref) => ({ ...ref, ...change(ref, at) })) };
    });
    return { ...graph, nodes };
  }

  it("accepts what was recorded", () => {
    expect(verify(graph, "recording")).toBe(graph);
  });

  it.each([
    [
      "itself",
      (_: Ref, at: number) => ({ node: at }),
      /refers to node \d+, which is not before it/,
    ],
    ["a later node", (_: Ref, at: number) => ({ node: at + 1 }), /which is not before it/],
    ["no node", () => ({ node: -1 }), /refers to node -1/],
    ["elements before the first", () => ({ offset: -1 }), /looks at -1 … \d+ of \d+ elements/],
    ["elements after the last", ({ offset }: Ref) => ({ offset: offset + 1e6 }), /looks at \d+/],
    ["too few strides", () => ({ strides: [] }), /has 0 strides for/],
    [
      "strides that lead out",
      ({ strides }: Ref) => ({ strides: strides.map(() => 1e6) }),
      /looks at 0 … \d+ of/,
    ],
  ])("refuses a ref to %s", (_, change, message) => {
    expect(() => optimise(spoil(change))).toThrow(message);
    expect(() => verify(spoil(change), "a pass")).toThrow(/^after a pass: /);
  });

  it("refuses outputs and stores of nodes that are not there", () => {
    const count = graph.nodes.length;
    const outputs = graph.outputs.map((ref) => ({ ...ref, node: count }));
    expect(() => verify({ ...graph, outputs }, "a pass")).toThrow("output 0 refers to node");
    const stores = graph.stores.map(({ cell }) => ({ cell, value: count }));
    expect(() => verify({ ...graph, stores }, "a pass")).toThrow("which does not exist");
  });

  it.each(graphPasses)("is asked after $name", ({ name }) => {
    const pass = graphPasses.find((it) => it.name === name)!;
    expect(verify(pass.run(graph), name).nodes.length).toBeGreaterThan(0);
  });
});
