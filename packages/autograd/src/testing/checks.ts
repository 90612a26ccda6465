// What the suite checks of every op, each a function of the op and a sample.
import { vjp } from "../grad/reverse.ts";
import { jvp } from "../grad/forward.ts";
import { vmap } from "../grad/vmap.ts";
import { bind } from "../op/bind.ts";
import { NDArray } from "../op/ndarray.ts";
import { isDifferentiable, notBatchable, vjpRuleFor, type Op } from "../op/op.ts";
import type { Sample, SampleArray } from "../op/samples.ts";
import { slice } from "../ops/indexing.ts";
import { stack } from "../ops/join.ts";
import { expand } from "../ops/move.ts";
import { tensor, wrap } from "../tensor/create.ts";
import { isFloat, type DType } from "../tensor/dtype.ts";
import { DTypeError } from "../tensor/errors.ts";
import { layoutOf } from "../tensor/layout.ts";
import { broadcastShapes, sameShape, showShape } from "../tensor/shape.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { gradcheck } from "./gradcheck.ts";
import { dot, weights, withData } from "./numeric.ts";

export interface Check {
  readonly name: string;
  readonly run: (op: Op, sample: Sample) => void;
}

type FloatType = "float32" | "float64";

const instantiate = ({ shape, data, dtype }: SampleArray, float: FloatType): Tensor =>
  tensor(data, { dtype: dtype === "float" ? float : dtype }).reshape(shape);

export const instantiateAll = (sample: Sample, float: FloatType = "float64"): Tensor[] =>
  sample.inputs.map((array) => instantiate(array, float));

class Difference extends Error {}

/** Close: within `tolerance` absolutely and relatively; NaN and infinities must agree. */
function expectClose(
  what: string,
  got: Tensor,
  expected: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  tolerance: number,
): void {
  if (!sameShape(got.shape, expected.shape)) {
    throw new Difference(
      `${what}: expected shape ${showShape(expected.shape)}, got ${showShape(got.shape)}`,
    );
  }
  got.data.forEach((value, i) => {
    const wanted = expected.data[i];
    if (Object.is(value, wanted) || value === wanted) return;
    if (Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted))) return;
    throw new Difference(`${what}: expected ${wanted} as element ${i}, got ${value}`);
  });
}

const precision: Record<DType, number> = { float64: 1e-9, float32: 1e-5, int32: 0, bool: 0 };

/** The values by the record's own formula in plain JavaScript. */
const value: Check = {
  name: "value against the independent formula",
  run(op, sample) {
    const outputs = bind(op, instantiateAll(sample), sample.attrs);
    const plain = sample.inputs.map(({ shape, data }) => new NDArray(shape, data));
    const formula = op.reference(plain, sample.attrs);
    const expected = formula instanceof NDArray ? [formula] : formula;
    outputs.forEach((y, i) => expectClose(`output ${i}`, y, expected[i], precision[y.dtype]));
  },
};

/** Shapes and dtypes as the rule says; float32 gives what float64 gives, rounded. */
const types: Check = {
  name: "shape and dtype rule, float32 against float64",
  run(op, sample) {
    const single = instantiateAll(sample, "float32");
    // Tensors of their own for both runs: the op may assign to them.
    const rounded = single.map((x) => (x.dtype === "float32" ? x.cast("float64") : x.clone()));
    const double = bind(op, rounded, sample.attrs);
    const promised = op.shape(
      single.map((x) => x.layout),
      sample.attrs,
    );
    bind(op, single, sample.attrs).forEach((y, i) => {
      const { shape, dtype } = promised[i];
      if (y.dtype !== dtype || !sameShape(y.shape, shape)) {
        const say = (d: string, s: readonly number[]) => `${d} ${showShape(s)}`;
        throw new Difference(
          `output ${i}: the rule says ${say(dtype, shape)}, got ${say(y.dtype, y.shape)}`,
        );
      }
      const twin = { shape: double[i].shape, data: double[i].data };
      expectClose(`output ${i} in float32`, y, twin, precision[dtype]);
    });
  },
};

/** The sample with its floats rounded to another dtype. */
const rounded = (sample: Sample, dtype: "int32" | "bool"): Sample => ({
  attrs: sample.attrs,
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
const integers: Check = {
  name: "int32 and bool inputs",
  run(op, sample) {
    if (sample.inputs.every((input) => input.dtype !== "float")) return;
    for (const dtype of ["int32", "bool"] as const) {
      const whole = rounded(sample, dtype);
      try {
        op.shape(
          instantiateAll(whole).map((x) => x.layout),
          whole.attrs,
        );
      } catch (error) {
        if (error instanceof DTypeError) continue;
        throw error;
      }
      value.run(op, whole);
    }
  },
};

/** The op as a function of its floating-point inputs, for each floating-point output. */
function functionsOf(op: Op, sample: Sample) {
  const all = instantiateAll(sample);
  const places = all.flatMap((x, i) => (isFloat(x.dtype) && vjpRuleFor(op, i) ? [i] : []));
  const outputs = bind(op, all, sample.attrs);
  const fs = outputs.flatMap((y, k) => {
    if (y.dtype !== "float64") return [];
    return (...xs: Tensor[]): Tensor => {
      const inputs = all.map((x, i) => (places.includes(i) ? xs[places.indexOf(i)] : x));
      return bind(op, inputs, sample.attrs)[k];
    };
  });
  return { fs, xs: places.map((i) => all[i]) };
}

const derivative = (name: string, order: number, mode: "reverse" | "forward"): Check => ({
  name,
  run(op, sample) {
    if (!isDifferentiable(op)) return;
    const { fs, xs } = functionsOf(op, sample);
    for (const f of xs.length > 0 ? fs : []) gradcheck(f, xs, { order, modes: [mode] });
  },
});

/** ⟨vjp(ȳ), ẋ⟩ = ⟨ȳ, jvp(ẋ)⟩: the two modes are transposes of each other. */
const transposes: Check = {
  name: "reverse and forward mode agree",
  run(op, sample) {
    if (!isDifferentiable(op)) return;
    const { fs, xs } = functionsOf(op, sample);
    for (const f of xs.length > 0 ? fs : []) {
      const directions = xs.map((x, i) => withData(x, weights(x.size, i + 1)));
      const [y, pull] = vjp(f, ...xs);
      const cotangent = withData(y, weights(y.size, 7));
      const [, tangent] = jvp(f, xs, directions);
      const back = pull(cotangent).reduce((sum, g, i) => sum + dot(g.data, directions[i].data), 0);
      const there = dot(cotangent.data, tangent.data);
      if (Math.abs(back - there) <= 1e-9 * (1 + Math.abs(there))) continue;
      throw new Difference(`⟨vjp(ȳ), ẋ⟩ = ${back}, but ⟨ȳ, jvp(ẋ)⟩ = ${there}`);
    }
  },
};

/** The same elements in column-major order behind an offset. */
function scattered(x: Tensor): Tensor {
  const strides: number[] = [];
  let size = 1;
  for (const dim of x.shape as readonly number[]) {
    strides.push(2 * size);
    size *= dim;
  }
  const source = x.data;
  const data = wrap("scattered", source.slice(0, 0), [0], x.dtype).data;
  const spread = new (data.constructor as Float64ArrayConstructor)(2 * size + 3).fill(1);
  const layout = layoutOf(x.dtype, x.shape, strides);
  const result = new Tensor(layout, new Storage(spread), 3);
  return fillFrom(result, source);
}

function fillFrom(target: Tensor, source: ArrayLike<number>): Tensor {
  const { shape, strides } = target.layout;
  const index = shape.map(() => 0);
  for (let i = 0; i < source.length; i++) {
    target.storage!.data[index.reduce((at, j, d) => at + j * strides[d], target.offset)] =
      source[i];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return target;
}

const permuted: Check = {
  name: "permuted and strided inputs",
  run(op, sample) {
    const straight = bind(op, instantiateAll(sample), sample.attrs);
    const strided = bind(op, instantiateAll(sample).map(scattered), sample.attrs);
    strided.forEach((y, i) => {
      const { shape, data } = straight[i];
      expectClose(`output ${i} of strided inputs`, y, { shape, data }, precision[y.dtype]);
    });
  },
};

/** One tensor in several slots gets the sum of the gradients of the slots. */
const aliased: Check = {
  name: "the same tensor in several inputs",
  run(op, sample) {
    if (!isDifferentiable(op)) return;
    const all = instantiateAll(sample);
    const first = all.findIndex((x) => isFloat(x.dtype));
    if (first < 0) return;
    const x = all[first];
    const twins = all.flatMap((other, i) =>
      other.dtype === x.dtype && sameShape(other.shape, x.shape) && vjpRuleFor(op, i) ? [i] : [],
    );
    if (twins.length < 2) return;
    const call = (...slots: Tensor[]): Tensor =>
      bind(
        op,
        all.map((other, i) => (twins.includes(i) ? slots[twins.indexOf(i)] : other)),
        sample.attrs,
      )[0];
    const [y, pullOne] = vjp((shared: Tensor) => call(...twins.map(() => shared)), x);
    const [, pullEach] = vjp(call, ...twins.map(() => x));
    const cotangent = withData(y, weights(y.size, 3));
    const [one] = pullOne(cotangent);
    const each = pullEach(cotangent).map((g) => g.data);
    const data = Array.from(each[0], (_, i) => each.reduce((sum, g) => sum + g[i], 0));
    expectClose("the gradient of the shared input", one, { shape: x.shape, data }, 1e-12);
  },
};

const broadcasting: Check = {
  name: "broadcasting equals explicit expansion",
  run(op, sample) {
    if (!op.broadcasts) return;
    const all = instantiateAll(sample);
    const shape = broadcastShapes(
      op.name,
      all.map((x) => x.shape),
    );
    const implicit = bind(op, all, sample.attrs)[0];
    const explicit = bind(
      op,
      all.map((x) => expand(x, shape)),
      sample.attrs,
    )[0];
    const { shape: expected, data } = explicit;
    expectClose("the broadcast result", implicit, { shape: expected, data }, 0);
  },
};

/** A batch of the sample and of the sample with its elements in reverse order, for every choice of
 *  which inputs are batched, against one call for each. */
const batching: Check = {
  name: "vmap against a loop",
  run(op, sample) {
    if (op.batch === notBatchable) return;
    const all = instantiateAll(sample);
    const turned = sample.inputs.map((x) =>
      instantiate({ ...x, data: x.data.toReversed() }, "float64"),
    );
    const choices = [all.map(() => true), ...all.map((_, i) => all.map((__, j) => i === j))];
    for (const batched of choices) {
      const pairs = all.map((x, i) => (batched[i] ? stack([x, turned[i]]) : x));
      const call = (...xs: Tensor[]): Tensor => bind(op, xs, sample.attrs)[0];
      const together = vmap(call, { inAxes: batched.map((b) => (b ? 0 : null)) })(...pairs);
      [all, turned].forEach((examples, row) => {
        const alone = call(...all.map((x, i) => (batched[i] ? examples[i] : x)));
        const { shape, data } = alone;
        expectClose(`example ${row} of the batch`, slice(together, [row]), { shape, data }, 1e-12);
      });
    }
  },
};

/** All checks, in order. */
export const checks: readonly Check[] = [
  value,
  types,
  integers,
  derivative("reverse mode against differences", 1, "reverse"),
  derivative("forward mode against differences", 1, "forward"),
  derivative("second order against differences", 2, "reverse"),
  transposes,
  permuted,
  aliased,
  broadcasting,
  batching,
];
