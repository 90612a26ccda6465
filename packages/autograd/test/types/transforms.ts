// What the transforms' types know: checked by `npm run typecheck`.
import {
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  mul,
  scan,
  stopGradient,
  sum,
  valueAndGrad,
  vjp,
  type Tensor,
} from "@wengert/autograd";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType = <A>() => ({ toBe: <B>(..._: Same<A, B> extends true ? [] : [never]) => {} });

declare const x: Tensor<[3]>;
declare const w: Tensor<[2, 3]>;
declare const some: Tensor;
type P = { a: Tensor<[2]>; b: readonly [Tensor<[]>, number] };
declare const p: P;

const f = (x: Tensor<[3]>, _w: Tensor<[2, 3]>): Tensor<[2]> => sum(x) as never;
const loss = (p: P, x: Tensor<[3]>): Tensor<[]> => mul(p.b[0], sum(x)) as never;

// Jacobians have the result's axes, then the argument's.
const byX = jacobian(f)(x, w);
expectType<typeof byX>().toBe<Tensor<[2, 3]>>();
const byW = jacobian(f, { argnums: 1 })(x, w);
expectType<typeof byW>().toBe<Tensor<[2, 2, 3]>>();
const byBoth = jacobian(f, { argnums: [0, 1], mode: "reverse" })(x, w);
expectType<typeof byBoth>().toBe<[Tensor<[2, 3]>, Tensor<[2, 2, 3]>]>();
const unknown = jacobian((x: Tensor) => x)(some);
expectType<typeof unknown>().toBe<Tensor<any>>();
const tree = jacobian((p: P) => ({ y: p.a }))(p);
expectType<(typeof tree)["y"]["a"]>().toBe<Tensor<[2, 2]>>();
expectType<(typeof tree)["y"]["b"][0]>().toBe<Tensor<[2]>>();

// Hessians have them twice.
const H = hessian((x: Tensor<[3]>): Tensor<[]> => sum(x))(x);
expectType<typeof H>().toBe<Tensor<[3, 3]>>();
const HP = hessian(loss)(p, x);
expectType<(typeof HP)["a"]["b"][0]>().toBe<Tensor<[2]>>();

// Gradients with what else the function returns.
const withAux = (x: Tensor<[3]>) => [sum(x), { steps: 3, y: x }] as const;
const [g, aux] = grad(withAux, { hasAux: true })(x);
expectType<typeof g>().toBe<Tensor<[3]>>();
expectType<(typeof aux)["y"]>().toBe<Tensor<[3]>>();
const [[value, { steps }], dx] = valueAndGrad(withAux, { hasAux: true })(x);
expectType<typeof value>().toBe<Tensor<[]>>();
expectType<typeof steps>().toBe<3>();
expectType<typeof dx>().toBe<Tensor<[3]>>();
const plain = grad(loss)(p, x);
expectType<typeof plain>().toBe<P>();

// Functions keep their types.
const kept = checkpoint(f);
expectType<ReturnType<typeof kept>>().toBe<Tensor<[2]>>();
expectType<Parameters<typeof kept>>().toBe<[x: Tensor<[3]>, _w: Tensor<[2, 3]>]>();
const custom = customVjp(f, (g, { args: [, w], output }) => {
  expectType<typeof g>().toBe<Tensor<[2]>>();
  expectType<typeof w>().toBe<Tensor<[2, 3]>>();
  expectType<typeof output>().toBe<Tensor<[2]>>();
  return [null, w];
});
expectType<ReturnType<typeof custom>>().toBe<Tensor<[2]>>();
const stopped = stopGradient(p);
expectType<typeof stopped>().toBe<P>();
const [y, dy] = jvp(f, [x, w], [x, w]);
expectType<typeof y>().toBe<Tensor<[2]>>();
expectType<typeof dy>().toBe<Tensor<[2]>>();
const [hv] = hvp((x: Tensor<[3]>): Tensor<[]> => sum(x), [x], [x]);
expectType<typeof hv>().toBe<Tensor<[3]>>();
const [, pull] = vjp((p: P) => ({ y: p.a }), p);
const [dp] = pull({ y: p.a });
expectType<typeof dp>().toBe<P>();

// Loops: slices lose the leading axis, results gain it.
declare const xs: { readonly x: Tensor<[7, 3]>; readonly k: readonly [Tensor<[7]>] };
const [carry, stacks] = scan(
  (h: Tensor<[3]>, { x, k }) => {
    expectType<typeof x>().toBe<Tensor<[3]>>();
    expectType<(typeof k)[0]>().toBe<Tensor<[]>>();
    return [h, { h, k: k[0] }];
  },
  x,
  xs,
);
expectType<typeof carry>().toBe<Tensor<[3]>>();
expectType<typeof stacks.h.shape>().toBe<Tensor<[number, 3]>["shape"]>();
const [, rows] = scan((h: Tensor<[2]>, row: Tensor<[3]>) => [h, row], p.a, w);
expectType<typeof rows>().toBe<Tensor<[2, 3]>>();
// @ts-expect-error: a slice of another shape
scan((h: Tensor<[2]>, row: Tensor<[2]>) => [h, row], p.a, w);
// @ts-expect-error: a carry of another shape
scan((_: Tensor<[2]>, row: Tensor<[3]>) => [row, row], p.a, w);
// @ts-expect-error: a call with another argument
kept(w, x);
// @ts-expect-error: too few gradients
customVjp(f, () => [null]);
// @ts-expect-error: a tangent of another form
jvp((p: P) => p.a, [p], [x]);
// @ts-expect-error: no such mode
jacobian(f, { mode: "sideways" });
const id = (x: Tensor<[3]>): Tensor<[3]> => x;
// @ts-expect-error: the rule of a function with one result returns one tangent
customJvp(id, ([t]) => [t]);
// @ts-expect-error: hessian of a function of tensors
hvp((x: number) => x, [1], [1]);
