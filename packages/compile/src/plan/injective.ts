import { isPositive } from "../size/scope.ts";
import type { Shape } from "@wengert/autograd";

/** Whether no two indices lead to one place. */
export function isInjective(dims: Shape, strides: readonly number[]): boolean {
  const axes = [...dims.keys()]
    .filter((d) => dims[d] > 1)
    .sort((x, y) => Math.abs(strides[x]) - Math.abs(strides[y]));
  let span = 0;
  for (const d of axes) {
    if (!isPositive(Math.abs(strides[d]) - span)) return false;
    span += Math.abs(strides[d]) * (dims[d] - 1);
  }
  return true;
}
