// How inputs lie in memory, and how they meet each other.
import { vjp } from "../../grad/reverse.ts";
import { vmap } from "../../grad/vmap.ts";
import { bind } from "../../op/bind.ts";
import { slice } from "../../ops/indexing.ts";
import { stack } from "../../ops/join.ts";
import { expand } from "../../ops/move.ts";
import { wrap } from "../../tensor/create.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { TransformError } from "../../tensor/errors.ts";
import { layoutOf } from "../../tensor/layout.ts";
import { broadcastShapes, sameShape } from "../../tensor/shape.ts";
import { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { weights, withData } from "../numeric.ts";
import {
  always,
  expectClose,
  instantiate,
  instantiateAll,
  precision,
  Skip,
  whereDifferentiable,
  type Check,
} from "./check.ts";

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

export const strides: Check = {
  name: "strides",
  label: "str",
  title: "permuted and strided inputs",
  skips: always,
  run(subject, sample, measure) {
    const straight = subject.call(instantiateAll(sample), sample);
    const strided = subject.call(instantiateAll(sample).map(scattered), sample);
    strided.forEach((y, i) => {
      const { shape, data } = straight[i];
      const what = `output ${i} of strided inputs`;
      expectClose(measure, what, y, { shape, data }, precision[y.dtype]);
    });
  },
};

/** One tensor in several slots gets the sum of the gradients of the slots. */
export const aliases: Check = {
  name: "aliases",
  label: "same",
  title: "the same tensor in several inputs",
  skips: whereDifferentiable,
  run(subject, sample, measure) {
    const all = instantiateAll(sample);
    const first = all.findIndex((x) => isFloat(x.dtype));
    if (first < 0) return false;
    const x = all[first];
    const twins = all.flatMap((other, i) =>
      other.dtype === x.dtype && sameShape(other.shape, x.shape) && subject.hasGradient(i)
        ? [i]
        : [],
    );
    if (twins.length < 2) return false;
    const call = (...slots: Tensor[]): Tensor =>
      subject.call(
        all.map((other, i) => (twins.includes(i) ? slots[twins.indexOf(i)] : other)),
        sample,
      )[0];
    const [y, pullOne] = vjp((shared: Tensor) => call(...twins.map(() => shared)), x);
    if (!y.data.every(Number.isFinite)) return false;
    const [, pullEach] = vjp(call, ...twins.map(() => x));
    const cotangent = withData(y, weights(y.size, 3));
    const [one] = pullOne(cotangent);
    const each = pullEach(cotangent).map((g) => g.data);
    const data = Array.from(each[0], (_, i) => each.reduce((sum, g) => sum + g[i], 0));
    expectClose(measure, "the gradient of the shared input", one, { shape: x.shape, data }, 1e-12);
    return true;
  },
};

export const broadcast: Check = {
  name: "broadcast",
  label: "bc",
  title: "broadcasting equals explicit expansion",
  share: 0.5,
  skips: ({ op }) => (op?.broadcasts ? null : "does not broadcast"),
  run({ op }, sample, measure) {
    const all = instantiateAll(sample);
    const shape = broadcastShapes(
      op!.name,
      all.map((x) => x.shape),
    );
    const implicit = bind(op!, all, sample.attrs)[0];
    const explicit = bind(
      op!,
      all.map((x) => expand(x, shape)),
      sample.attrs,
    )[0];
    const { shape: expected, data } = explicit;
    expectClose(measure, "the broadcast result", implicit, { shape: expected, data }, 0);
  },
};

/** A batch of the sample and of the sample with its elements in reverse order, for every choice of
 *  which inputs are batched, against one call for each. */
export const batching: Check = {
  name: "vmap",
  label: "vmap",
  title: "vmap against a loop",
  share: 0.5,
  skips: (subject) => (subject.isBatchable ? null : "not batchable"),
  run(subject, sample, measure) {
    const all = instantiateAll(sample);
    if (all.length === 0) return false;
    const turned = sample.inputs.map((x) =>
      instantiate({ ...x, data: x.data.toReversed() }, "float64"),
    );
    const choices = [all.map(() => true), ...all.map((_, i) => all.map((__, j) => i === j))];
    for (const batched of choices) {
      const pairs = all.map((x, i) => (batched[i] ? stack([x, turned[i]]) : x));
      const call = (...xs: Tensor[]): readonly Tensor[] => subject.call(xs, sample);
      const together = mapOver(batched, call, pairs, subject.op === null);
      [all, turned].forEach((examples, row) => {
        const alone = call(...all.map((x, i) => (batched[i] ? examples[i] : x)));
        alone.forEach(({ shape, data }, k) => {
          const what = `example ${row} of the batch${alone.length > 1 ? `, output ${k}` : ""}`;
          expectClose(measure, what, slice(together[k], [row]), { shape, data }, 1e-12);
        });
      });
    }
    return true;
  },
};

/** A function may look at its values, or write into a tensor; then there is no batch of it. */
function mapOver(
  batched: readonly boolean[],
  call: (...xs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  mayRefuse: boolean,
): readonly Tensor[] {
  try {
    return vmap(call, { inAxes: batched.map((b) => (b ? 0 : null)) })(...inputs);
  } catch (error) {
    if (mayRefuse && error instanceof TransformError) throw new Skip("looks at single values");
    throw error;
  }
}
