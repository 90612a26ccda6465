// A compiled step needs less memory for its values than the eager one.
import { describe, expect, it } from "vitest";
import { eagerPeak } from "../../../bench/figures/eager-peak.ts";
import { lenet, mlp, transformer } from "../../../test/support/steps.ts";
import { optimise } from "../src/optimise/index.ts";
import { planArena } from "../src/plan/arena.ts";
import { record } from "./support/record.ts";

describe("the arena of a step", () => {
  it.each([
    ["an MLP with Adam", () => mlp(64, [784, 256, 10])],
    ["LeNet-5 with momentum", () => lenet(32)],
    ["a transformer with AdamW", () => transformer(6, 64, 48)],
  ] as const)("of %s is smaller than the eager step's peak", (_, make) => {
    const eager = eagerPeak(() => {
      const { step, args } = make();
      return () => step(...args);
    });
    const { step, args } = make();
    const { bytes } = planArena(optimise(record(step, args).graph));
    // The measurement has seen the activations: an eager peak of nothing would prove nothing.
    expect(eager).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(eager);
  });
});
