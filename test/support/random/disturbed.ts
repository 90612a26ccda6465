// The reference with rounding errors of any size: an executor that changes every floating-point value a
// little, those that kernels read, those that they compute, and those inside of their expressions.
import { scalar, Tensor, type DType, type Expr, type Kernel } from "@wengert/autograd";
import { reference, typeOf, type Executor } from "@wengert/autograd/compiler";
import { isFloat } from "./chooser.ts";
import { tensorOf } from "./program.ts";

/** Kernels that move elements about, or have nothing to round. */
const exact = new Set(["view", "reshape", "assign", "iota", "random", "pad", "concat", "gather"]);

/** Disturbs by relative amounts of up to delta. */
export function disturbed(delta: number, random: () => number): Executor {
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
      const dtype = typeOf(e, dtypes);
      if (dtype === "float64" || dtype === "float32") made = scalar.mul(made, factor());
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
        const isExact = exact.has(kernel.kind);
        const args = ids.map((id) => (isExact ? values[id] : disturb(values[id])));
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
        values.push(isExact ? value : disturb(value));
      }
      return program.outputs.map((id) => {
        const { layout, storage, offset } = values[id];
        return new Tensor(layout, storage, offset);
      });
    },
  };
}
