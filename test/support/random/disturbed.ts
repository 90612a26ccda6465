// The reference with rounding errors of any size: an executor that changes every floating-point value that is
// rounded a little: what kernels compute, what stands inside of their expressions, and each term that they
// add up or multiply. What picks one of its arguments, or moves it, is exact here as everywhere: where a maximum is
// compared with what it was taken of, one of them is it.
import { scalar, Tensor, type DType, type Expr, type Kernel } from "@wengert/autograd";
import { reference, typeOf, type Executor } from "@wengert/autograd/compiler";
import { isFloat } from "./chooser.ts";
import { tensorOf } from "./program.ts";

/** Kernels that combine many terms with a rounding for each. */
const isSum = (kernel: Kernel): boolean =>
  kernel.kind === "reduce"
    ? kernel.op === "sum" || kernel.op === "prod"
    : ["contract", "overlapAdd", "scatterAdd", "scan", "host"].includes(kernel.kind);

/** Functions that pick an argument, or change its sign. */
const exact = new Set(["select", "max", "min", "neg", "abs", "sign", "floor"]);

const isExact = (e: Expr): boolean => e.kind === "call" && exact.has(e.fn.name);

/** Disturbs by relative amounts of up to delta. `zero`: what mulZero gives for a factor of 0, whose sign nobody
 *  promises: it is 0 in eager code, and that of the product where compiled code knows that a product will do. */
export function disturbed(delta: number, random: () => number, zero: number): Executor {
  const factor = (): number => 1 + delta * (2 * random() - 1);
  const disturb = (x: Tensor): Tensor => {
    if (!isFloat(x)) return x;
    const data = Array.from(x.data, (value: number) => value * factor());
    return tensorOf({ name: "", dtype: x.dtype, shape: x.shape, data }, false);
  };
  const within = (expr: Expr, dtypes: readonly DType[]): Expr => {
    const known = new Map<Expr, Expr>();
    const visit = (e: Expr): Expr => {
      if (e.kind === "input" || e.kind === "const") return e;
      let made = known.get(e);
      if (made) return made;
      made = { ...e, args: e.args.map(visit) } as Expr;
      if (e.kind === "call" && e.fn.name === "mulZero") {
        made = scalar.select(scalar.eq(made, 0), zero, made);
      }
      const dtype = typeOf(e, dtypes);
      if ((dtype === "float64" || dtype === "float32") && !isExact(e))
        made = scalar.mul(made, factor());
      known.set(e, made);
      return made;
    };
    return visit(expr);
  };
  const spoiled = (kernel: Kernel, own: DType, dtypes: readonly DType[]): Kernel => {
    if (kernel.kind === "map") return { ...kernel, expr: within(kernel.expr, dtypes) };
    if (kernel.kind === "scan") return { ...kernel, expr: within(kernel.expr, [own, ...dtypes]) };
    return kernel;
  };
  return {
    name: "disturbed",
    prepare: (program) => (inputs) => {
      const values = [...inputs];
      for (const { kernel, inputs: ids, spec } of program.steps) {
        const isRounded = isSum(kernel);
        const args = ids.map((id) => (isRounded ? disturb(values[id]) : values[id]));
        const specs = args.map(({ shape, dtype }) => ({ shape: shape as number[], dtype }));
        const single = {
          inputs: specs,
          steps: [
            {
              kernel: spoiled(
                kernel,
                spec.dtype,
                specs.map(({ dtype }) => dtype),
              ),
              inputs: args.map((_, i) => i),
              spec,
            },
          ],
          outputs: [args.length],
        };
        const [value] = reference.prepare(single, [])(args);
        values.push(isRounded ? disturb(value) : value);
      }
      return program.outputs.map((id) => {
        const { layout, storage, offset } = values[id];
        return new Tensor(layout, storage, offset);
      });
    },
  };
}
