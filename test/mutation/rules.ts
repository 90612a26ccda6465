// Derivative rules made wrong at one place.
import { mul, neg, ones, slice, transpose, zeros } from "@wengert/autograd";
import { evaluate, isFloat, sizeOf, withEvaluator } from "@wengert/autograd/compiler";
import type { Op, Tensor } from "@wengert/autograd";

export type VjpRule = Exclude<Op["vjp"], string | readonly unknown[]>;
export type JvpRule = Exclude<Op["jvp"], string>;
export type BatchRule = Exclude<Op["batch"], string>;

/** A change of a rule's result, in differentiable ops; null for one that does not concern it. */
export interface Change {
  readonly what: string;
  readonly apply: (g: Tensor, shape: readonly number[]) => Tensor | null;
}

/** The last axis along which there is an order. */
const longAxis = (x: Tensor): number => x.shape.findLastIndex((dim: number) => dim > 1);

const reversed = (x: Tensor): Tensor => {
  const axis = longAxis(x);
  if (axis < 0) return x;
  return slice(x, [...x.shape.slice(0, axis).map(() => null), [null, null, -1]] as never);
};

export const changes: readonly Change[] = [
  { what: "scaled by 1.01", apply: (g) => mul(g, 1.01) },
  { what: "sign flipped", apply: (g) => neg(g) },
  { what: "left out", apply: () => null },
  { what: "reversed along an axis", apply: reversed },
  {
    what: "transposed",
    apply: (g) => (g.rank < 2 ? g : (transpose(g).reshape(g.shape) as Tensor)),
  },
  {
    // The first of the copies instead of their sum, which is what comes of a sum that is forgotten.
    what: "not summed over broadcast axes",
    apply: (g, shape) =>
      sizeOf(g.shape) > sizeOf(shape) ? mul(g, sizeOf(shape) / sizeOf(g.shape)) : g,
  },
];

/** The rule with its result changed; a zero that it says by null becomes ones. */
export const changedVjp =
  (rule: VjpRule, { apply, what }: Change): VjpRule =>
  (g, saved, input, all) => {
    const right = rule(g, saved, input, all);
    if (right) return apply(right, saved.shape(input));
    if (what !== changes[0].what) return right;
    return ones(saved.shape(input), { dtype: saved.spec(input).dtype });
  };

export const changedJvp =
  (rule: JvpRule, { apply, what }: Change): JvpRule =>
  (tangents, saved) => {
    const result = rule(tangents, saved);
    const list = Array.isArray(result) ? (result as (Tensor | null)[]) : [result as Tensor];
    return list.map((t, i) => {
      const { shape, dtype } = saved.output(i);
      if (t === null)
        return what === changes[0].what && isFloat(dtype) ? ones(shape, { dtype }) : null;
      return apply(t, shape);
    });
  };

export const changedBatch =
  (rule: BatchRule, { apply }: Change): BatchRule =>
  (call) =>
    rule(call).map((y) => (isFloat(y.dtype) ? (apply(y, y.shape) ?? zeros(y.shape, y)) : y));

/** What may be wrong with one op call inside of a rule. */
export const callChanges = ["scaled by 1.01", "sign flipped", "a term dropped"] as const;
export type CallChange = (typeof callChanges)[number];

/** Counts the calls inside of a rule that compute floats, and changes one of them. */
export class CallChanger {
  /** How many there were, at most, in one application of the rule. */
  most = 0;
  private readonly place: number;
  private readonly change: CallChange;
  private isInside = false;

  constructor(place: number, change: CallChange) {
    this.place = place;
    this.change = change;
  }

  wrap<A extends unknown[], R>(rule: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      if (this.isInside) return rule(...args);
      let count = 0;
      this.isInside = true;
      try {
        return withEvaluator(
          (op, inputs, attrs) => {
            const outputs = withEvaluator(null, () => evaluate(op, inputs, attrs));
            if (!outputs.some((y) => isFloat(y.dtype))) return outputs;
            const isIt = count++ === this.place;
            this.most = Math.max(this.most, count);
            return isIt
              ? withEvaluator(null, () => outputs.map((y) => this.changed(y, inputs)))
              : outputs;
          },
          () => rule(...args),
        );
      } finally {
        this.isInside = false;
      }
    };
  }

  private changed(y: Tensor, inputs: readonly Tensor[]): Tensor {
    if (!isFloat(y.dtype)) return y;
    if (this.change === "scaled by 1.01") return mul(y, 1.01);
    if (this.change === "sign flipped") return neg(y);
    // A sum or a product of one of its operands alone.
    const operands = inputs.filter((x) => x.dtype === y.dtype);
    const [first] = operands.filter((x) => fits(x, y));
    return operands.length > 1 && first ? (first.expand(y.shape) as Tensor) : y;
  }
}

const fits = (x: Tensor, y: Tensor): boolean =>
  x.rank <= y.rank &&
  x.shape.every((dim: number, d: number) => dim === 1 || dim === y.shape[d + y.rank - x.rank]);
