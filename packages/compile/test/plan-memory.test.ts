// A compiled step needs less memory for its values than the eager one.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fast, setExecutor, type Executor } from "@wengert/autograd/compiler";
import { describe, expect, it } from "vitest";
import { lenet, mlp, transformer, type TrainingStep } from "../../../test/support/steps.ts";
import { optimise } from "../src/optimise/index.ts";
import { planArena } from "../src/plan/arena.ts";
import { record } from "./support/record.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** The bytes of typed arrays that something still refers to. The second collection waits for the
 *  sweeper of the first. */
function liveBytes(): number {
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** Results of fewer elements are not worth a collection: leaving moments out can only make the peak
 *  smaller that the arena is held against. */
const large = 16384;

/** The most that is alive after an op of an eager step, beyond what was there before it. */
function eagerPeak(make: () => TrainingStep): number {
  const warm = make();
  warm.step(...warm.args);
  const { step, args } = make();
  let peak = 0;
  const observed: Executor = {
    name: "observed",
    prepare: (...given) => {
      const plan = fast.prepare(...given);
      return (inputs) => {
        const outputs = plan(inputs);
        if (outputs[0].size >= large) peak = Math.max(peak, liveBytes());
        return outputs;
      };
    },
  };
  // Gradients that stay behind would count as having been there.
  for (const parameter of warm.state) parameter.grad = null;
  const start = liveBytes();
  const before = setExecutor(observed);
  try {
    step(...args);
  } finally {
    setExecutor(before);
  }
  return peak - start;
}

describe("the arena of a step", () => {
  it.each([
    ["an MLP with Adam", () => mlp(64, [784, 256, 10])],
    ["LeNet-5 with momentum", () => lenet(32)],
    ["a transformer with AdamW", () => transformer(6, 64, 48)],
  ] as const)("of %s is smaller than the eager step's peak", (_, make) => {
    const eager = eagerPeak(make);
    const { step, args } = make();
    const { bytes } = planArena(optimise(record(step, args).graph));
    // The measurement has seen the activations: an eager peak of nothing would prove nothing.
    expect(eager).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(eager);
  });
});
