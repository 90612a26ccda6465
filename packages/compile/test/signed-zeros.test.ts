// The sign of zero, which 1/x and atan2 make visible: compiled kernels of every op have the reference's, for
// inputs full of zeros of both signs. IEEE 754 says what it is; of a sum's start it says nothing: there the
// reference begins with 0, so that a sum of −0 alone is 0, and so does compiled code.
import * as autograd from "@wengert/autograd";
import { opsOf } from "@wengert/autograd/testing";
import { programOf, reference, type Executor } from "@wengert/autograd/compiler";
import { afterAll, describe, expect, it } from "vitest";
import { compiledExecutor } from "../src/executor.ts";
import { setThreads } from "../src/index.ts";
import { generator } from "./vector.support.ts";

setThreads(1);

const { tensor, WengertError } = autograd;
type Sample = ReturnType<ReturnType<typeof opsOf>[number]["op"]["samples"]>;

const values = [-0, 0, 1, -1, -0, 0.5];

function draw(random: () => number): autograd.Draw {
  const int = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  return {
    int,
    pick: (options) => options[int(0, options.length - 1)],
    real: (min, max) => min + (max - min) * random(),
  };
}

let compared = 0;

describe.each(["float32", "float64"] as const)("in %s", (float) => {
  it.each(opsOf(autograd).map((f) => [f.op.name, f.op] as const))("%s", (_, op) => {
    const random = generator(5);
    for (let run = 0; run < 12; run++) {
      const sample = op.samples(draw(random));
      // Small magnitudes would overflow into each other's rounding; zeros do not.
      const inputs = (): autograd.Tensor[] => {
        const pick = generator(run);
        return sample.inputs.map(({ shape, data, dtype }) => {
          const isReal = dtype === "float";
          const filled = data.map((x) => (isReal ? values[Math.floor(pick() * values.length)] : x));
          return tensor(filled, { dtype: isReal ? float : dtype }).reshape(shape);
        });
      };
      const wanted = outputs(reference, op, inputs(), sample);
      if (!wanted) continue;
      const got = outputs(compiledExecutor, op, inputs(), sample)!;
      wanted.forEach(({ data }, k) => {
        data.forEach((want: number, i: number) => {
          if (want !== 0) return;
          compared++;
          expect(got[k].data[i], `output ${k}, element ${i} of ${describeSample(sample)}`).toBe(
            want,
          );
        });
      });
    }
  });
});

afterAll(() => expect(compared).toBeGreaterThan(2000));

/** Null where the op refuses such inputs. */
function outputs(
  executor: Executor,
  op: ReturnType<typeof opsOf>[number]["op"],
  inputs: readonly autograd.Tensor[],
  { attrs }: Sample,
): autograd.Tensor[] | null {
  const layouts = inputs.map(({ layout }) => layout);
  try {
    return executor.prepare(programOf(op, layouts, attrs), layouts)(inputs) as autograd.Tensor[];
  } catch (error) {
    if (error instanceof WengertError) return null;
    throw error;
  }
}

const describeSample = ({ inputs, attrs }: Sample): string =>
  `${inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" ")} ${JSON.stringify(attrs)}`;
