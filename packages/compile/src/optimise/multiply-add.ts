// Products that go nowhere but into a sum become multiply-adds: one instruction instead of two, and one
// rounding instead of two where the machine can. Where the other term is a product as well, nothing is
// done: of x·x − y·y for equal x and y, of which one is rounded and the other is not, something would
// remain. Nor are doubles touched: they are what gradients are checked in, and should be eager code's.
import type { Instr, LoopKernel } from "../codegen/ir.ts";
import type { Group, Plan } from "../plan/group.ts";
import { argsOf, prune } from "./combine.ts";

export const multiplyAdd = (plan: Plan): Plan => ({ ...plan, groups: plan.groups.map(inGroup) });

function inGroup(group: Group): Group {
  if (group.kind !== "loop" && group.kind !== "contract") return group;
  const body = group.kind === "loop" ? group.kernel : group.kernel.epilogue;
  const instrs = contracted(body);
  if (!instrs) return group;
  const { bindings, kernel } = prune({ kernel: { ...body, instrs }, bindings: group.bindings });
  if (group.kind === "loop") return { ...group, kernel, bindings };
  return { ...group, kernel: { ...group.kernel, epilogue: kernel }, bindings };
}

/** null: there is nothing to do. */
function contracted({ instrs, stores }: LoopKernel): Instr[] | null {
  const uses = instrs.map(() => 0);
  for (const instr of instrs) for (const arg of argsOf(instr)) uses[arg]++;
  for (const { value } of stores) uses[value]++;
  const isProduct = (id: number): boolean => {
    const instr = instrs[id];
    return instr.kind === "call" && instr.fn === "mul" && instr.dtype === "float32";
  };
  const isOnlyTerm = (id: number, other: number): boolean =>
    isProduct(id) && uses[id] === 1 && !isProduct(other);
  let changed = false;
  const result = instrs.map((instr): Instr => {
    if (instr.kind !== "call" || instr.dtype !== "float32") return instr;
    const [a, b] = instr.args;
    const fuse = (fn: string, product: number, term: number): Instr => {
      changed = true;
      return { ...instr, fn, args: [...argsOf(instrs[product]), term] };
    };
    if (instr.fn === "add" && isOnlyTerm(a, b)) return fuse("multiplyAdd", a, b);
    if (instr.fn === "add" && isOnlyTerm(b, a)) return fuse("multiplyAdd", b, a);
    if (instr.fn === "sub" && isOnlyTerm(b, a)) return fuse("negativeMultiplyAdd", b, a);
    return instr;
  });
  return changed ? result : null;
}
