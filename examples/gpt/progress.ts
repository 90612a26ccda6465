import { formatClock } from "../shared/format.ts";
import { lineWithBar, type Colour } from "../shared/status-line.ts";
import type { StepProgress } from "./train.ts";

export const formatBits = (bits: number): string => `${bits.toFixed(3)} bits`;

/** What stays of some steps. */
export function reportLine({ step, steps, bits, msPerStep }: StepProgress): string {
  const number = String(step).padStart(String(steps).length);
  return `step ${number}/${steps}  ${formatBits(bits)}  ${msPerStep.toFixed(1)} ms per step`;
}

/** One line that leaves three columns free: what does not fit is left out, least first. */
export function progressLine(progress: StepProgress, columns: number, colour?: Colour): string {
  const { step, steps, bits, msPerStep, secondsLeft } = progress;
  const head = `step ${String(step).padStart(String(steps).length)}/${steps}`;
  const loss = formatBits(bits);
  const left = `${formatClock(secondsLeft)} left`;
  const candidates = [[loss, `${msPerStep.toFixed(1)} ms per step`, left], [loss, left], [loss]];
  return lineWithBar(head, candidates, step / steps, columns, colour);
}
