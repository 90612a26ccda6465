// Which tiles of a product are a thread's.
import type { Local } from "../../wasm/function.ts";
import { sizeOf } from "./axes.ts";
import { panelsPerLine, rowUnitsOf } from "./layout.ts";
import type { Phase } from "./phase.ts";
import { registersOf } from "./plan.ts";

/**
 * The number of the first tile of this thread (or the next). Tiles are counted panel by panel, as many in each as in a whole
 * block of rows; they weigh as much as they take, so that threads have equal shares though the last block may
 * have fewer and the last panel be narrower.
 */
export function shareOfTiles(phase: Phase, chunks: number, next: 0 | 1): Local {
  const { f, plan } = phase;
  const { count, units } = plan.rowBlock;
  const all = rowUnitsOf(plan);
  const lines = sizeOf(plan.panelAxes);
  const weight = weightOf(registersOf(plan, plan.vectors));
  const tailWeight = plan.tail ? weightOf(registersOf(plan, plan.tail.vectors)) : 0;
  const fullWeight = plan.fullPanels * weight;
  const lineWeight = fullWeight + tailWeight;

  phase.pushShare(chunks * lines * lineWeight * all, next);
  let rest = f.keep("i32");
  /** Divides the rest by a weight: the quotient is returned, the remainder remains. */
  const take = (by: Local | number, most = Infinity): Local => {
    const push = () => (typeof by === "number" ? f.i32(by) : f.get(by));
    f.get(rest);
    push().op("i32.div_u");
    const quotient = f.keep("i32");
    if (most < Infinity) {
      f.get(quotient).i32(most).get(quotient).i32(most).op("i32.lt_u", "select").set(quotient);
    }
    f.get(rest).get(quotient);
    push().op("i32.mul", "i32.sub");
    rest = f.keep("i32");
    return quotient;
  };
  const times = (factor: number): Local => f.get(tiles).i32(factor).op("i32.mul").keep("i32");

  const chunk = take(lines * lineWeight * all);
  const block = take(lines * lineWeight * units, count - 1);
  // Tiles in a panel of this block.
  f.i32(all - (count - 1) * units).i32(units);
  f.get(block)
    .i32(count - 1)
    .op("i32.eq", "select");
  const tiles = f.keep("i32");
  const line = take(times(lineWeight));
  const isFull = f.get(rest).get(times(fullWeight)).op("i32.lt_u").keep("i32");
  const before = f.get(times(fullWeight)).i32(0).get(isFull).op("i32.eqz", "select").keep("i32");
  rest = f.get(rest).get(before).op("i32.sub").keep("i32");
  const panel = f.local("i32");
  const tile = f.local("i32");
  f.get(isFull).if(
    () => {
      f.get(take(times(weight))).set(panel);
      f.get(take(weight)).set(tile);
    },
    () => {
      f.i32(plan.fullPanels).set(panel);
      if (tailWeight > 0) f.get(rest).i32(tailWeight).op("i32.div_u").set(tile);
    },
  );
  f.get(chunk).i32(count).op("i32.mul").get(block).op("i32.add");
  f.i32(lines).op("i32.mul").get(line).op("i32.add");
  f.i32(panelsPerLine(plan)).op("i32.mul").get(panel).op("i32.add");
  return f.i32(units).op("i32.mul").get(tile).op("i32.add").keep("i32");
}

/** What a step of k takes: three for a register of each row, but a single one makes the rows wait for
 *  the sums of the step before. */
const weightOf = (registers: number): number => (registers === 1 ? 4 : 3 * registers);
