// Values, dtypes and shapes.
import { vjp } from "../../grad/reverse.ts";
import { jvp } from "../../grad/forward.ts";
import { NDArray } from "../../op/ndarray.ts";
import { DTypeError } from "../../tensor/errors.ts";
import { sameShape, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { adviceForRandom } from "../diagnose.ts";
import { weights, withData } from "../numeric.ts";
import type { Subject, SubjectSample } from "../subject.ts";
import {
  always,
  Difference,
  expectClose,
  functionsOf,
  instantiateAll,
  precision,
  Skip,
  type Check,
  type Measure,
} from "./check.ts";
import { adjoint } from "./modes.ts";

/** The values by a formula in plain JavaScript: the record's own, or what a function is given. */
export const value: Check = {
  name: "value",
  label: "value",
  title: "value against the independent formula",
  // It is cheap, and options meet each other seldom.
  share: 2,
  skips: (subject) => (subject.reference ? null : "no reference is given"),
  run(subject, sample, measure) {
    const outputs = subject.call(instantiateAll(sample), sample);
    const plain = sample.inputs.map(({ shape, data }) => new NDArray(shape, data));
    const expected = subject.reference!(sample, plain);
    outputs.forEach((y, i) => {
      if (expected[i] === undefined) throw new Difference(`the reference has no output ${i}`);
      expectClose(measure, `output ${i}`, y, expected[i], precision[y.dtype]);
    });
  },
};

/** Shapes and dtypes as the rule says; float32 gives what float64 gives, rounded, and so do its
 *  gradients. */
export const float32: Check = {
  name: "float32",
  label: "f32",
  isSingle: true,
  title: "shape and dtype rule, float32 against float64",
  skips: always,
  run(subject, sample, measure) {
    const single = instantiateAll(sample, "float32");
    // Tensors of their own for both runs: the op may assign to them.
    const rounded = single.map((x) => (x.dtype === "float32" ? x.cast("float64") : x.clone()));
    const double = subject.call(rounded, sample);
    const promised = subject.op?.shape(
      single.map((x) => x.layout),
      sample.attrs,
    );
    callSingle(subject, single, sample).forEach((y, i) => {
      const { shape, dtype } = promised?.[i] ?? y;
      if (y.dtype !== dtype || !sameShape(y.shape, shape)) {
        const say = (d: string, s: readonly number[]) => `${d} ${showShape(s)}`;
        throw new Difference(
          `output ${i}: the rule says ${say(dtype, shape)}, got ${say(y.dtype, y.shape)}`,
        );
      }
      const twin = { shape: double[i].shape, data: double[i].data };
      // A function of many ops may lose some more digits than one op.
      const tolerance = subject.op ? precision[dtype] : 10 * precision[dtype];
      expectClose(measure, `output ${i} in float32`, y, twin, tolerance);
    });
    if (subject.isDifferentiable) singleGradients(subject, sample, measure);
  },
};

/** A function may be one for float64 alone, as by its constants; that is no fault. */
function callSingle(
  subject: Subject,
  inputs: readonly Tensor[],
  sample: SubjectSample,
): readonly Tensor[] {
  try {
    return subject.call(inputs, sample);
  } catch (error) {
    if (subject.op === null && error instanceof DTypeError) throw new Skip("takes float64 alone");
    throw error;
  }
}

/** Gradients and tangents in float32: rules may not slip into another dtype. */
function singleGradients(subject: Subject, sample: SubjectSample, measure: Measure): void {
  const single = functionsOf(subject, sample, "float32");
  // The same numbers, so that only the rules' rounding differs.
  const inputs = sample.inputs.map((x) => ({
    ...x,
    data: x.data.map(x.dtype === "float" ? Math.fround : Number),
  }));
  const double = functionsOf(subject, { ...sample, inputs }, "float64");
  single.fs.forEach((f, k) => {
    const run = (g: typeof f, xs: readonly Tensor[]) => {
      const [y, pull] = vjp(g, ...xs);
      const directions = xs.map((x, i) => withData(x, weights(x.size, i + 1)));
      const [, tangent] = jvp(g, [...xs], directions);
      return [...pull(withData(y, weights(y.size, 7))), tangent];
    };
    const wanted = run(double.fs[k], double.xs);
    run(f, single.xs).forEach((g, i) => {
      const what =
        i < single.xs.length ? `the float32 gradient of input ${i}` : "the float32 tangent";
      const { shape, data } = wanted[i];
      expectClose(measure, what, g, { shape, data }, 1e-3);
    });
  });
}

/** The sample with its floats rounded to another dtype. */
const rounded = (sample: SubjectSample, dtype: "int32" | "bool"): SubjectSample => ({
  ...sample,
  inputs: sample.inputs.map((input) =>
    input.dtype === "float"
      ? {
          ...input,
          dtype,
          data: input.data.map((x) => (dtype === "int32" ? Math.round(x) : Number(x > 0))),
        }
      : input,
  ),
});

/** Integers and masks are refused by a DTypeError, or the values are those of the formula. */
export const integers: Check = {
  name: "integers",
  label: "int",
  title: "int32 and bool inputs",
  skips: ({ op }) => (op ? null : "its samples say which dtypes it takes"),
  run(subject, sample, measure) {
    if (sample.inputs.every((input) => input.dtype !== "float")) return false;
    for (const dtype of ["int32", "bool"] as const) {
      const whole = rounded(sample, dtype);
      try {
        subject.op!.shape(
          instantiateAll(whole).map((x) => x.layout),
          whole.attrs,
        );
      } catch (error) {
        if (error instanceof DTypeError) continue;
        throw error;
      }
      value.run(subject, whole, measure);
    }
    return true;
  },
};

/** The same bits twice, of values and of gradients. */
export const determinism: Check = {
  name: "determinism",
  label: "det",
  title: "the same bits each time",
  share: 0.2,
  skips: always,
  run(subject, sample, measure) {
    const run = (): (readonly [string, Tensor])[] => {
      const outputs = subject.call(instantiateAll(sample), sample);
      const results = outputs.map((y, i) => [`output ${i}`, y] as const);
      if (!subject.isDifferentiable) return results;
      const { fs, xs } = functionsOf(subject, sample);
      return [
        ...results,
        ...fs.flatMap((f) => {
          const [y, pull] = vjp(f, ...xs);
          const gradients = pull(withData(y, weights(y.size, 5)));
          return gradients.map((g, i) => [`the gradient of input ${i}`, g] as const);
        }),
      ];
    };
    const first = run();
    run().forEach(([what, y], i) => {
      const [before, now] = [first[i][1].data, y.data];
      before.forEach((wanted, k) => {
        measure.add(0);
        if (Object.is(wanted, now[k])) return;
        throw new Difference(
          `${what} differs between two calls: ${wanted}, then ${now[k]}. ${adviceForRandom}`,
        );
      });
    });
  },
};

/** Sizes of 0 and 1: values, dtypes, and the shapes of gradients in both modes. */
export const edges: Check = {
  name: "edges",
  label: "edge",
  isSingle: true,
  title: "empty and size-1 shapes",
  share: 0.5,
  prefersEdges: true,
  skips: always,
  run(subject, sample, measure) {
    const isEdge = sample.inputs.some(({ shape }) => shape.includes(0) || shape.includes(1));
    if (!isEdge) return false;
    if (subject.reference) value.run(subject, sample, measure);
    float32.run(subject, sample, measure);
    if (subject.isDifferentiable) adjoint.run(subject, sample, measure);
    return true;
  },
};
