// Steps of random programs that move, join, fold, contract and index.
import {
  about,
  isBool,
  isFloat,
  isInt,
  maxSize,
  show,
  sizeOf,
  type Chooser,
  type Template,
  type Value,
} from "./chooser.ts";

const hasAxes = ({ shape }: Value): boolean => shape.length > 0;
const isFloatArray = (x: Value): boolean => isFloat(x) && hasAxes(x);
const isFull = ({ shape }: Value): boolean => sizeOf(shape) > 0;

function fold(x: Value, c: Chooser, names: readonly string[]): string {
  const keepDims = c.int(3) === 1 ? ", keepDims: true" : "";
  const axes = c.axes(x);
  const all = c.int(4) === 1 || axes.length === 0;
  const options = all ? "" : `, { axis: ${show(axes)}${keepDims} }`;
  return `${c.pick(names)}(${x.name}${options})`;
}

const folds: readonly Template[] = [
  about(isFloat, (x, c) => fold(x, c, ["sum", "mean", "sum"])),
  about(
    (x) => isFloat(x) && isFull(x),
    (x, c) => fold(x, c, ["max", "min", "logsumexp", "mean", "prod"]),
  ),
  about(
    (x) => isInt(x) || isBool(x),
    (x, c) => fold(x, c, ["sum"]),
  ),
  about(
    (x) => isFloatArray(x) && isFull(x),
    (x, c) => `argmax(${x.name}, { axis: ${c.axis(x)} })`,
  ),
  about(
    isFloatArray,
    (x, c) => `${c.pick(["softmax", "logSoftmax"])}(${x.name}, { axis: ${c.axis(x)} })`,
  ),
  about(isFloatArray, (x, c) => `softmax(${x.name}, { axis: ${c.axis(x)} })`),
  about(
    (x) => isFloatArray(x) && isFull(x),
    (x, c) =>
      `layerNorm(${x.name}, ${show(x.shape.slice(-1 - c.int(x.shape.length)))}, { eps: 0.25 })`,
  ),
  about(
    isFloatArray,
    (x, c) => `${c.pick(["cumsum", "cumprod"])}(${x.name}, { axis: ${c.axis(x)} })`,
  ),
  about(isFloatArray, (x, c) => {
    const y = c.value((it) => it.dtype === x.dtype && it.shape.join() === x.shape.join());
    const reverse = c.int(2) === 1 ? ", reverse: true" : "";
    return `linearRecurrence(tanh(${x.name}), ${y!.name}, { axis: ${c.axis(x)}${reverse} })`;
  }),
  about(isFloat, (x, c) => {
    const y = c.value((it) => it.dtype === x.dtype && it.shape.join() === x.shape.join());
    return `mse(${x.name}, ${y!.name}${c.pick(["", ', { reduction: "sum" }', ', { reduction: "none" }'])})`;
  }),
  about(
    (x) => isFloatArray(x) && isFull(x),
    (x, c) => {
      const smoothing = c.pick(["", ", { labelSmoothing: 0.1 }"]);
      return `crossEntropy(${x.name}, argmax(detach(neg(${x.name})), { axis: -1 })${smoothing})`;
    },
  ),
];

function range(n: number, c: Chooser): number | null | readonly (number | null)[] {
  switch (c.int(6)) {
    case 1:
      return [null, null, -1];
    case 2:
      return [c.int(n + 1), null];
    case 3:
      return [null, Math.max(1, n - c.int(n + 1)), 2];
    case 4:
      return n > 0 ? c.int(n) : null;
    case 5:
      return [0, c.int(n + 2)];
    default:
      return null;
  }
}

function reshaped(x: Value, c: Chooser): string {
  const { shape } = x;
  const size = sizeOf(shape);
  const forms: (readonly number[])[] = [[size], shape.toReversed(), [1, ...shape], [size, 1]];
  for (const n of [2, 3, 4]) if (size > 0 && size % n === 0) forms.push([n, size / n]);
  if (size % 4 === 0 && size > 0) forms.push([2, size / 4, 2]);
  return `reshape(${x.name}, ${show(c.pick(forms))})`;
}

const moves: readonly Template[] = [
  about(hasAxes, (x, c) => `permute(${x.name}, ${show(c.shuffled(x.shape.length))})`),
  about(hasAxes, (x, c) => `slice(${x.name}, ${show(x.shape.map((n) => range(n, c)))})`),
  about(hasAxes, (x, c) => `slice(${x.name}, ${show(x.shape.map((n) => range(n, c)))})`),
  about(
    () => true,
    (x, c) => reshaped(x, c),
  ),
  about(hasAxes, (x, c) => {
    const widths = x.shape.map(() => [c.int(3), c.int(3)]);
    const value = isBool(x) ? "" : c.pick(["", ", { value: 2 }"]);
    return `pad(${x.name}, ${show(widths)}${value})`;
  }),
  about(
    ({ shape }) => sizeOf(shape) <= maxSize / 3,
    (x, c) => {
      const wide = x.shape.map((n) => (n === 1 ? 1 + c.int(4) : n));
      return `expand(${x.name}, ${show(c.int(2) === 0 ? [1 + c.int(3), ...x.shape] : wide)})`;
    },
  ),
  about(
    () => true,
    (x, c) => `unsqueeze(${x.name}, ${c.int(x.shape.length + 1)})`,
  ),
  about(
    ({ shape }) => shape.includes(1),
    (x) => `squeeze(${x.name})`,
  ),
  about(
    ({ shape }) => shape.length >= 2,
    (x) => `transpose(${x.name})`,
  ),
];

const joins: readonly Template[] = [
  about(hasAxes, (x, c) => {
    const axis = c.axis(x);
    const rest = (shape: readonly number[]): string => shape.toSpliced(axis, 1, -1).join();
    const fits = (y: Value): boolean =>
      y.dtype === x.dtype && y.shape.length === x.shape.length && rest(y.shape) === rest(x.shape);
    const others = Array.from({ length: 1 + c.int(2) }, () => c.value(fits)!.name);
    return `concat([${[x.name, ...others].join(", ")}], { axis: ${axis} })`;
  }),
  about(
    () => true,
    (x, c) => {
      const y = c.value((it) => it.dtype === x.dtype && it.shape.join() === x.shape.join());
      return `stack([${x.name}, ${y!.name}], { axis: ${c.int(x.shape.length + 1)} })`;
    },
  ),
];

const isNumber = (x: Value): boolean => isFloat(x) || isInt(x);

function contraction(c: Chooser): string | null {
  const a = c.value((x) => isNumber(x) && hasAxes(x));
  if (!a) return null;
  const i = c.axis(a);
  const b = c.value((x) => x.dtype === a.dtype && x.shape.includes(a.shape[i]));
  if (!b) return null;
  const j = c.pick([...b.shape.keys()].filter((d) => b.shape[d] === a.shape[i]));
  const labelsA = [...a.shape.keys()];
  const labelsB = b.shape.map((_, d) => (d === j ? i : 10 + d));
  // Perhaps one more axis in common, which stays.
  const shared = b.shape.findIndex((n, d) => d !== j && a.shape.some((m, e) => e !== i && m === n));
  if (shared >= 0 && c.int(2) === 1) {
    labelsB[shared] = a.shape.findIndex((m, e) => e !== i && m === b.shape[shared]);
  }
  const all = [...new Set([...labelsA, ...labelsB])].filter((label) => label !== i);
  const out = c.shuffled(all.length).map((k) => all[k]);
  return `contract(${a.name}, ${b.name}, { a: ${show(labelsA)}, b: ${show(labelsB)}, out: ${show(out)} })`;
}

const convolution: Template = about(
  ({ dtype, shape }) => dtype !== "bool" && shape.length === 4 && shape[2] > 1 && shape[3] > 1,
  (x, c) => {
    const [h, w] = [1 + c.int(Math.min(3, x.shape[2])), 1 + c.int(Math.min(3, x.shape[3]))];
    const kernel = `slice(${x.name}, [null, null, [0, ${h}], [0, ${w}]])`;
    const own = c.value(
      (it) => it.dtype === x.dtype && it.shape.length === 4 && it.shape[1] === x.shape[1],
    );
    const weight = c.int(2) === 0 ? kernel : own!.name;
    return `conv2d(${x.name}, ${weight}, { stride: ${1 + c.int(2)}, padding: ${c.int(2)}, dilation: ${1 + c.int(2)} })`;
  },
);

const products: readonly Template[] = [
  about(
    (x) => isNumber(x) && x.shape.length >= 2,
    (x, c) => {
      const y = c.value((it) => it.dtype === x.dtype && it.shape.at(-2) === x.shape.at(-1));
      return y && c.int(3) > 0
        ? `matmul(${x.name}, ${y.name})`
        : `matmul(${x.name}, transpose(${x.name}))`;
    },
  ),
  contraction,
  contraction,
  convolution,
  convolution,
  about(
    (x) => isFloat(x) && x.shape.length >= 2 && x.shape.slice(-2).every((n) => n >= 2),
    (x, c) => {
      const options = `{ stride: ${1 + c.int(2)}, padding: ${c.int(2)} }`;
      return `${c.pick(["maxPool2d", "avgPool2d"])}(${x.name}, 2, ${options})`;
    },
  ),
  about(
    (x) => isFloat(x) && x.shape.length >= 2 && isFull(x),
    (x, c) =>
      `scaledDotProductAttention(${x.name}, ${x.name}, tanh(${x.name})${c.pick(["", ", { causal: true }"])})`,
  ),
];

/** Indices for n elements out of a value. */
const indices = (x: Value, n: number): string =>
  `clamp(${isFloat(x) ? `cast(mul(detach(${x.name}), 3), "int32")` : x.name}, { min: 0, max: ${n - 1} })`;

const indexing: readonly Template[] = [
  about(
    (x) => hasAxes(x) && isFull(x),
    (x, c) => {
      const axis = c.axis(x);
      const index = c.value((it) => !isBool(it) && it.shape.join() === x.shape.join());
      return index && `gather(${x.name}, ${indices(index, x.shape[axis])}, { axis: ${axis} })`;
    },
  ),
  about(
    (x) => isNumber(x) && hasAxes(x) && isFull(x),
    (x, c) => {
      const axis = c.axis(x);
      const same = (it: Value) => it.shape.join() === x.shape.join();
      const index = c.value((it) => !isBool(it) && same(it))!;
      const source = c.value((it) => it.dtype === x.dtype && same(it))!;
      return `scatterAdd(${x.name}, ${indices(index, x.shape[axis])}, ${source.name}, { axis: ${axis} })`;
    },
  ),
  about(
    (x) => isFloat(x) && x.shape.length === 2 && isFull(x),
    (x, c) => {
      const index = c.value((it) => !isBool(it) && sizeOf(it.shape) <= 60);
      return index && `embedding(${indices(index, x.shape[0])}, ${x.name})`;
    },
  ),
  about(
    (x) => isInt(x) && sizeOf(x.shape) <= 60,
    (x, c) => `oneHot(${indices(x, 4)}, 4, { dtype: "${c.pick([...c.dtypes, "int32"])}" })`,
  ),
  about(
    (x) => isFloatArray(x) && x.shape.at(-1)! >= 2,
    (x, c) => {
      const sliding = `{ stride: ${1 + c.int(2)}, dilation: ${1 + c.int(2)} }`;
      const windows = `window(${x.name}, [2], ${sliding})`;
      return c.int(2) === 0
        ? windows
        : `overlapAdd(mul(${windows}, 0.75), ${show(x.shape)}, ${sliding})`;
    },
  ),
  (c) =>
    c.pick([
      `arange(5, { dtype: "${c.dtypes[0]}" })`,
      `full([3, 1], 0.625, { dtype: "${c.dtypes[0]}" })`,
      `eye(3, { dtype: "${c.dtypes[0]}" })`,
      'tensor([[1, 0, 2], [2, 2, 1]], { dtype: "int32" })',
      "tensor([true, false, true])",
    ]),
];

export const structureTemplates: readonly Template[] = [
  ...folds,
  ...moves,
  ...joins,
  ...products,
  ...indexing,
];

/** Assignments to cells, and views of them. */
export const effectTemplates: readonly Template[] = [
  (c) => {
    const target = c.cell(() => true);
    const value =
      target && c.value((x) => x.dtype === target.dtype && x.shape.join() === target.shape.join());
    return value && `${target.name}.copyFrom(${value.name})`;
  },
  (c) => {
    const target = c.cell(hasAxes);
    if (!target) return null;
    const ranges = target.shape.map((n) => c.pick([null, [0, n - 1], [null, null, -1], [1, null]]));
    const length = (n: number, k: number): number =>
      ranges[k] === null || ranges[k]!.length === 3 ? n : Math.max(0, n - 1);
    const shape = target.shape.map(length);
    const value = c.value((x) => x.dtype === target.dtype && x.shape.join() === shape.join());
    const zeros = `zeros(${show(shape)}, { dtype: "${target.dtype}" })`;
    return `slice(${target.name}, ${show(ranges)}).copyFrom(${value?.name ?? zeros})`;
  },
  (c) => {
    const target = c.cell(() => true);
    const source =
      target && c.cell((x) => x.dtype === target.dtype && x.shape.join() === target.shape.join());
    return source && `${target.name}.copyFrom(${source.name})`;
  },
];
