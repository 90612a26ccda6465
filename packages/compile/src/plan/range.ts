// What is known of the values of a straight-line program without running it: between which bounds they
// lie, and what makes them NaN. Interval arithmetic as in R. E. Moore, "Interval Analysis" (1966).
import { primitives } from "@wengert/autograd/compiler";
import type { Instr } from "./ir.ts";

export interface Range {
  /** Bounds of the value where it is not NaN. */
  readonly low: number;
  readonly high: number;
  /** The value is NaN only if one of these earlier values is; null: it may be NaN whatever they are. */
  readonly nanOnlyBy: ReadonlySet<number> | null;
  /** The value is NaN if one of these earlier values is. */
  readonly nanIfAny: ReadonlySet<number>;
}

type Interval = Pick<Range, "low" | "high">;

const nothing: ReadonlySet<number> = new Set();
const anything: Range = { low: -Infinity, high: Infinity, nanOnlyBy: null, nanIfAny: nothing };
const truth: Range = { low: 0, high: 1, nanOnlyBy: nothing, nanIfAny: nothing };
const integer: Range = { low: -(2 ** 31), high: 2 ** 32, nanOnlyBy: nothing, nanIfAny: nothing };

/** The range of value number `id`, from those of the values before it, of which `known` is asked. */
export function rangeOf(instr: Instr, id: number, known: (id: number) => Range): Range {
  if (instr.dtype === "bool") return truth;
  if (instr.dtype === "int32") return integer;
  const isSingle = instr.dtype === "float32";
  switch (instr.kind) {
    case "const":
      return ofConstant(isSingle ? Math.fround(instr.value) : instr.value);
    case "cast":
      return isSingle ? rounded(known(instr.arg)) : known(instr.arg);
    case "call": {
      const rule = rules[instr.fn];
      const range = rule ? rule(instr.args.map(known), instr.args) : anything;
      return isSingle ? rounded(range) : range;
    }
    default:
      return { ...anything, nanOnlyBy: new Set([id]), nanIfAny: new Set([id]) };
  }
}

/** Whether a·b is 0 whenever a factor is, so that it need not be looked at: next to a factor that may be
 *  zero, the other is never infinite, nor NaN unless the first is NaN, too. */
export const zeroWins = (a: Range, b: Range): boolean => isTame(a, b) && isTame(b, a);

function isTame(factor: Range, other: Range): boolean {
  if (!holds(factor, 0)) return true;
  if (mayBeInfinite(other) || !other.nanOnlyBy) return false;
  return [...other.nanOnlyBy].every((cause) => factor.nanIfAny.has(cause));
}

const holds = ({ low, high }: Interval, value: number): boolean => low <= value && value <= high;
const mayBeInfinite = ({ low, high }: Interval): boolean => low === -Infinity || high === Infinity;

const ofConstant = (value: number): Range =>
  Number.isNaN(value)
    ? anything
    : { low: value, high: value, nanOnlyBy: nothing, nanIfAny: nothing };

/** Rounding is monotone, so rounded bounds are bounds of what is rounded. */
const rounded = (range: Range): Range => ({
  ...range,
  low: Math.fround(range.low),
  high: Math.fround(range.high),
});

type Rule = (args: readonly Range[], ids: readonly number[]) => Range;

/** NaN comes from the arguments alone; or from elsewhere, too. */
function passing(args: readonly Range[], interval: Interval, isElsewhere = false): Range {
  const causes = args.map((arg) => arg.nanOnlyBy);
  const all = (sets: readonly ReadonlySet<number>[]) => new Set(sets.flatMap((set) => [...set]));
  const isKnown = !isElsewhere && causes.every((set) => set !== null);
  return {
    ...interval,
    nanOnlyBy: isKnown ? all(causes) : null,
    nanIfAny: all(args.map((arg) => arg.nanIfAny)),
  };
}

const negated = ({ low, high }: Interval): Interval => ({ low: -high, high: -low });

function sum(args: readonly Range[], [a, b]: readonly Interval[]): Range {
  const cancels =
    (a.high === Infinity && b.low === -Infinity) || (a.low === -Infinity && b.high === Infinity);
  if (cancels) return passing(args, anything, true);
  return passing(args, { low: a.low + b.low, high: a.high + b.high });
}

function product(args: readonly Range[], [a, b]: readonly Interval[]): Range {
  const isUndefined = (holds(a, 0) && mayBeInfinite(b)) || (holds(b, 0) && mayBeInfinite(a));
  return passing(args, corners(a, b), isUndefined);
}

function corners(a: Interval, b: Interval): Interval {
  // 0·∞ at a corner stands for what lies beside it.
  const times = (x: number, y: number) => (x === 0 || y === 0 ? 0 : x * y);
  const all = [a.low, a.high].flatMap((x) => [times(x, b.low), times(x, b.high)]);
  return { low: Math.min(...all), high: Math.max(...all) };
}

function quotient(args: readonly Range[], [a, b]: readonly Interval[]): Range {
  if (!holds(b, 0)) {
    const inverse = { low: 1 / b.high, high: 1 / b.low };
    return passing(args, corners(a, inverse), mayBeInfinite(a) && mayBeInfinite(b));
  }
  return passing(args, anything, holds(a, 0) || (mayBeInfinite(a) && mayBeInfinite(b)));
}

/** What approximations of a function may be beyond its bounds: far more than they are. */
const slack = 1 + 1e-5;

const rising =
  (f: (x: number) => number): Rule =>
  (args) =>
    passing(args, { low: f(args[0].low), high: f(args[0].high) });

const within =
  (bound: number, isUndefined: (x: Range) => boolean = () => false): Rule =>
  (args) =>
    passing(args, { low: -bound, high: bound }, isUndefined(args[0]));

/** The functions of the scalar algebra of which something is known. */
const rules: Readonly<Partial<Record<string, Rule>>> = {
  neg: (args) => passing(args, negated(args[0])),
  abs: (args) => {
    const [{ low, high }] = args;
    const isAcross = low < 0 && high > 0;
    const ends = [Math.abs(low), Math.abs(high)];
    return passing(args, { low: isAcross ? 0 : Math.min(...ends), high: Math.max(...ends) });
  },
  sign: within(1),
  floor: rising(Math.floor),
  ceil: rising(Math.ceil),
  trunc: rising(Math.trunc),
  nearest: rising(primitives.nearest.float),
  sqrt: (args) =>
    passing(args, { low: 0, high: Math.sqrt(Math.max(0, args[0].high)) * slack }, args[0].low < 0),
  exp: (args) =>
    passing(args, {
      low: Math.exp(args[0].low) / slack,
      high: Math.exp(args[0].high) * slack,
    }),
  tanh: within(slack),
  sigmoid: (args) => passing(args, { low: 0, high: slack }),
  erf: within(slack),
  erfc: (args) => passing(args, { low: 0, high: 2 * slack }),
  ndtr: (args) => passing(args, { low: 0, high: slack }),
  ndtrOfGauss: (args) => passing(args, { low: 0, high: slack }),
  gauss: (args) => passing(args, { low: 0, high: slack }),
  sin: within(slack, mayBeInfinite),
  cos: within(slack, mayBeInfinite),
  add: (args) => sum(args, args),
  sub: (args) => sum(args, [args[0], negated(args[1])]),
  mul: (args, [a, b]) => {
    const range = product(args, args);
    if (a !== b) return range;
    // A square is not negative, and the square of an infinity is one.
    return passing(args, { low: Math.max(0, range.low), high: range.high });
  },
  mulZero: (args) => ({ ...passing(args, corners(args[0], args[1])), nanIfAny: nothing }),
  div: (args) => quotient(args, args),
  min: (args) =>
    passing(args, {
      low: Math.min(args[0].low, args[1].low),
      high: Math.min(args[0].high, args[1].high),
    }),
  max: (args) =>
    passing(args, {
      low: Math.max(args[0].low, args[1].low),
      high: Math.max(args[0].high, args[1].high),
    }),
  select: ([, a, b]) => ({
    ...passing([a, b], { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }),
    nanIfAny: new Set([...a.nanIfAny].filter((cause) => b.nanIfAny.has(cause))),
  }),
};
