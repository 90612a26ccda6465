// Everything that an op computes for a sample: outputs, and derivatives in both modes.
import {
  jvp,
  notDifferentiable,
  tensor,
  vjp,
  type Op,
  type Sample,
  type Tensor,
} from "@wengert/autograd";
import { bind, isFloat } from "@wengert/autograd/compiler";

const instantiate = ({ inputs }: Sample): Tensor[] =>
  inputs.map(({ shape, data, dtype }) =>
    tensor(data, { dtype: dtype === "float" ? "float64" : dtype }).reshape(shape),
  );

/** Numbers without pattern: as cotangents they let no error cancel. */
const likes = (x: Tensor): Tensor =>
  tensor(
    Float64Array.from({ length: x.size }, (_, i) => Math.sin(12.9898 * (i + 1)) + 1.5),
    { dtype: "float64" },
  ).reshape(x.shape);

const hasRule = ({ vjp: rules }: Op, input: number): boolean =>
  rules !== notDifferentiable && (typeof rules === "function" || rules[input] !== null);

/** All of it as one list of numbers. What throws has the error as its result. */
export function resultsOf(op: Op, sample: Sample): number[] {
  const all = instantiate(sample);
  const outputs = bind(op, all, sample.attrs);
  const numbers = outputs.flatMap((y) => [...(y.data as Float64Array)]);
  const places = all.flatMap((x, i) => (isFloat(x.dtype) && hasRule(op, i) ? [i] : []));
  if (places.length === 0) return numbers;
  const xs = places.map((i) => all[i]);
  outputs.forEach((output, k) => {
    if (!isFloat(output.dtype)) return;
    const f = (...inputs: Tensor[]): Tensor =>
      bind(
        op,
        all.map((x, i) => (places.includes(i) ? inputs[places.indexOf(i)] : x)),
        sample.attrs,
      )[k];
    const [y, pull] = vjp(f, ...xs);
    for (const g of pull(likes(y))) numbers.push(...(g.data as Float64Array));
    numbers.push(...(jvp(f, xs, xs.map(likes))[1].data as Float64Array));
  });
  return numbers;
}
