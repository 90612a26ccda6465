// docs/compiling.md follows a step through the compiler; what it shows is what the code prints.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mse, relu, zeros, type Tensor } from "@wengert/autograd";
import { Linear } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import { describe, expect, it } from "vitest";
import { printGraph } from "../src/graph/print.ts";
import { assemble } from "../src/optimise/assemble.ts";
import { graphPasses, optimise } from "../src/optimise/index.ts";
import { planArena } from "../src/plan/arena.ts";
import { lower } from "../src/plan/lower.ts";
import { printPlan } from "../src/plan/print.ts";
import { record } from "./support/record.ts";

const tour = readFileSync(join(import.meta.dirname, "../../../docs/compiling.md"), "utf8");
const [recorded, loweredFirst, fused] = [...tour.matchAll(/^```text\n(.*?)^```/gms)].map(
  ([, text]) => text.trimEnd(),
);

/** The step of the tour. */
function graphOfStep() {
  const model = new Linear(4, 3);
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = mse(relu(model.forward(x) as Tensor), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return record(step as never, [zeros([16, 4]), zeros([16, 3])]).graph;
}

describe("the tour shows", () => {
  const graph = graphOfStep();

  it("the recorded graph", () => {
    expect(printGraph(graph)).toBe(recorded);
  });

  it("which passes find something", () => {
    let current = graph;
    const found = graphPasses.filter(({ run }) => {
      const before = printGraph(current);
      current = run(current);
      return printGraph(current) !== before;
    });
    expect(found.map(({ name }) => name)).toEqual(["share equal"]);
  });

  it("the groups of its kernels", () => {
    const passed = graphPasses.reduce((current, { run }) => run(current), graph);
    const { groups } = lower(assemble(passed));
    expect(tour).toContain(`Of the ${groups.length} groups`);
    expect(printPlan({ ...lower(assemble(passed)), groups: groups.slice(0, 3) })).toBe(
      loweredFirst,
    );
  });

  it("what is left after fusion, and where it lies", () => {
    const plan = optimise(graph);
    expect(printPlan(plan)).toBe(fused);
    const { offsets, bytes } = planArena(plan);
    const places = Array.from(offsets, ([buffer, offset]) => `\`b${buffer}\` at ${offset}`);
    expect(places.sort()).toEqual(["`b18` at 192", "`b7` at 0", "`b9` at 384"]);
    expect(bytes).toBe(448);
  });
});
