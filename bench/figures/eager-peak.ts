// What an eager step needs at most: the peak that a compiled step's arena is held against.

import { fast, setExecutor, type Executor } from "@wengert/autograd/compiler";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

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

/** The most that is alive after an op of an eager step, beyond what was there before it. `prepare` makes a step
 *  with a model of its own: gradients that stay behind would count as having been there. */
export function eagerPeak(prepare: () => () => unknown): number {
  prepare()();
  const step = prepare();
  let peak = 0;
  const observed: Executor = {
    name: "observed",
    prepare: (...given) => {
      const plan = fast.prepare(...given);
      return (inputs) => {
        const outputs = plan(inputs);
        if (outputs[0]!.size >= large) peak = Math.max(peak, liveBytes());
        return outputs;
      };
    },
  };
  const start = liveBytes();
  const before = setExecutor(observed);
  try {
    step();
  } finally {
    setExecutor(before);
  }
  return Math.max(0, peak - start);
}
