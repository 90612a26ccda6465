// Steps of random programs that work element by element.
import {
  about,
  fitTogether,
  isBool,
  isFloat,
  isInt,
  type Chooser,
  type Template,
  type Value,
} from "./chooser.ts";

const smooth = [
  "tanh",
  "sigmoid",
  "relu",
  "square",
  "abs",
  "neg",
  "sin",
  "cos",
  "softplus",
  "erf",
  "gelu",
  "exp",
  "expm1",
  "atan",
  "asinh",
  "erfc",
  "floor",
  "ceil",
  "round",
  "trunc",
  "sign",
  "clone",
  "detach",
];

/** Functions that are not defined everywhere, of arguments where they are. */
const guarded: readonly ((x: string) => string)[] = [
  (x) => `sqrt(add(square(${x}), 0.25))`,
  (x) => `log(add(abs(${x}), 0.5))`,
  (x) => `log1p(abs(${x}))`,
  (x) => `log2(add(abs(${x}), 0.5))`,
  (x) => `rsqrt(add(square(${x}), 0.25))`,
  (x) => `cbrt(add(square(${x}), 0.25))`,
  (x) => `exp2(tanh(${x}))`,
  (x) => `asin(mul(tanh(${x}), 0.75))`,
  (x) => `erfinv(mul(tanh(${x}), 0.75))`,
  (x) => `lgamma(add(abs(${x}), 0.5))`,
  (x) => `digamma(add(abs(${x}), 2))`,
  (x) => `cosh(tanh(${x}))`,
  (x) => `lerp(${x}, 2, 0.25)`,
  (x) => `pow(add(abs(${x}), 0.5), 1.75)`,
  (x) => `pow(${x}, 2)`,
  (x) => `div(1, add(square(${x}), 0.5))`,
  (x) => `clamp(${x}, { min: -0.75, max: 0.875 })`,
  (x) => `gelu(${x}, { approximate: "tanh" })`,
  (x) => `mul(${x}, -1.25)`,
  (x) => `add(${x}, 0.375)`,
  (x) => `sub(1, ${x})`,
  (x) => `add(mul(${x}, ${x}), ${x})`,
  (x) => `div(${x}, add(abs(${x}), 1))`,
  (x) => `relu(${x})`,
];

const like =
  (x: Value) =>
  (y: Value): boolean =>
    y.dtype === x.dtype && fitTogether(x.shape, y.shape);

function pair(fits: (value: Value) => boolean, names: readonly string[]): Template {
  return about(fits, (x, c) => {
    const y = c.value(like(x));
    return y && `${c.pick(names)}(${x.name}, ${y.name})`;
  });
}

const compared = ["gt", "lt", "ge", "le", "eq", "ne"];

function choose(c: Chooser): string | null {
  const condition = c.value(isBool);
  if (!condition) return null;
  const fitsCondition = (x: Value) => fitTogether(x.shape, condition.shape);
  const x = c.value(fitsCondition);
  if (!x) return null;
  const y = c.value((it) => like(x)(it) && fitsCondition(it));
  if (!y) return null;
  const other = c.int(4) === 1 && !isBool(x) ? "0" : y.name;
  return `where(${condition.name}, ${x.name}, ${other})`;
}

function converted(c: Chooser): string | null {
  const x = c.value();
  if (!x) return null;
  const to = c.pick([...c.dtypes, "int32", "bool"]);
  const scaled = isFloat(x) && to === "int32" ? `mul(${x.name}, 3)` : x.name;
  return `cast(${scaled}, "${to}")`;
}

const whole: readonly ((x: string) => string)[] = [
  (x) => `neg(${x})`,
  (x) => `abs(${x})`,
  (x) => `add(${x}, 3)`,
  (x) => `mul(${x}, 5)`,
  (x) => `floorDivide(${x}, 3)`,
  (x) => `remainder(${x}, 4)`,
  (x) => `clamp(${x}, { min: -1, max: 2 })`,
];

/** Random numbers of the shape of a value. */
const drawn: Template = (c) => {
  const x = c.value();
  if (!x) return null;
  const dtype = c.pick(c.dtypes);
  return `${c.pick(["uniform", "normal"])}${dtype === "float32" ? 32 : 64}(${JSON.stringify(x.shape)})`;
};

const dropped: Template = about(isFloat, (x) => {
  return `where(lt(uniform32(${JSON.stringify(x.shape)}), 0.25), 0, mul(${x.name}, 1.25))`;
});

export const pointwiseTemplates: readonly Template[] = [
  about(isFloat, (x, c) => `${c.pick(smooth)}(${x.name})`),
  about(isFloat, (x, c) => c.pick(guarded)(x.name)),
  pair(isFloat, ["add", "mul", "sub", "maximum", "minimum", "mulZero"]),
  pair(isFloat, ["mul", "add", "sub"]),
  pair(isFloat, ["hypot", "atan2", "logaddexp"]),
  about(isFloat, (x, c) => `${c.pick(["isNaN", "isInf", "isFinite"])}(${x.name})`),
  about(isFloat, (x, c) => {
    const y = c.value(like(x));
    return y && `div(${x.name}, add(square(${y.name}), 0.5))`;
  }),
  pair((x) => !isBool(x), compared),
  about(
    (x) => !isBool(x),
    (x, c) => `${c.pick(compared)}(${x.name}, ${c.pick([0, 1, -1])})`,
  ),
  pair(isBool, ["logicalAnd", "logicalOr", "logicalXor", "eq"]),
  about(isBool, (x) => `logicalNot(${x.name})`),
  choose,
  choose,
  converted,
  about(isInt, (x, c) => c.pick(whole)(x.name)),
  pair(isInt, ["add", "mul", "sub", "maximum", "minimum"]),
  drawn,
  dropped,
];
