// Inputs that samples keep away from.
import { programOf } from "../../op/bind.ts";
import { NDArray } from "../../op/ndarray.ts";
import type { Op } from "../../op/op.ts";
import { WengertError } from "../../tensor/errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Subject, SubjectSample } from "../subject.ts";
import { expectClose, functionsOf, instantiateAll, precision, type Check } from "./check.ts";
import { bothWays, disagreement } from "./modes.ts";

/** What samples seldom are: far out, equal to each other, without an end. */
const values = [0, 1, 1e5, -1e5, Infinity, -Infinity];

/** The sample with the first element, or all elements, of its first floating-point input replaced. */
function extremesOf(sample: SubjectSample): SubjectSample[] {
  const first = sample.inputs.findIndex((input) => input.dtype === "float");
  const { data } = sample.inputs[first];
  return values.flatMap((extreme) =>
    [data.with(0, extreme), data.map(() => extreme)].map((replaced) => ({
      ...sample,
      inputs: sample.inputs.with(first, { ...sample.inputs[first], data: replaced }),
    })),
  );
}

/** Whether a TypeScript function computes it. What such algorithms give for matrices of equal elements, which
 *  are degenerate, is right in more than one way; and nothing for infinities. */
function isHosted(op: Op, inputs: readonly Tensor[], { attrs }: SubjectSample): boolean {
  const layouts = inputs.map((x) => x.layout);
  return programOf(op, layouts, attrs).steps.some(({ kernel }) => kernel.kind === "host");
}

const areFinite = (y: Tensor): boolean => y.data.every(Number.isFinite);

/** At ties and kinks there are no differences, but both modes have the same subgradient. Infinite slopes,
 *  as that of a root at 0, have none. */
function bothModes(subject: Subject, sample: SubjectSample): void {
  const { fs, xs } = functionsOf(subject, sample);
  if (!xs.every(areFinite)) return;
  for (const f of fs) {
    const [back, there] = bothWays(f, xs);
    const isDefined = Number.isFinite(back) && Number.isFinite(there);
    if (isDefined && Math.abs(back - there) > 1e-9 * (1 + Math.abs(there))) {
      throw disagreement(back, there);
    }
  }
}

/** Values where formulas overflow and guards against it stand: wherever the independent formula has a
 *  finite one, it must be that; and both modes agree there, on kinks and ties as well. An op may refuse what
 *  it is not defined for, and which of several equal elements an index names is its own business. */
export const extremes: Check = {
  name: "extremes",
  label: "ext",
  title: "large, equal and infinite inputs, wherever the independent formula has a value",
  share: 0.3,
  skips: ({ op, reference }) =>
    op && reference ? null : op ? "no reference is given" : "its samples say where it is defined",
  run(subject, sample, measure) {
    const first = sample.inputs.find((input) => input.dtype === "float");
    if (!first || first.data.length === 0) return false;
    if (isHosted(subject.op!, instantiateAll(sample), sample)) return false;
    for (const extreme of extremesOf(sample)) {
      try {
        const outputs = subject.call(instantiateAll(extreme), extreme);
        const plain = extreme.inputs.map(({ shape, data }) => new NDArray(shape, data));
        const expected = subject.reference!(extreme, plain);
        outputs.forEach((y, i) => {
          if (y.dtype === "int32") return;
          const { shape, data } = expected[i];
          // Where the formula has no finite value it says nothing.
          const wanted = data.map((x, k) => (Number.isFinite(x) ? x : y.data[k]));
          const given = JSON.stringify(extreme.inputs.map((x) => x.data.map(String)));
          const what = `output ${i} for ${given}`;
          expectClose(measure, what, y, { shape, data: wanted }, precision[y.dtype]);
        });
        if (subject.isDifferentiable && outputs.every(areFinite)) bothModes(subject, extreme);
      } catch (error) {
        if (!(error instanceof WengertError)) throw error;
      }
    }
    return true;
  },
};
