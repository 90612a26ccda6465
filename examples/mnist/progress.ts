import { formatClock, formatDuration, formatLoss, formatPercent } from "../shared/format.ts";
import {
  lineWithBar,
  StatusLine,
  type Colour,
  type ProgressStream,
} from "../shared/status-line.ts";
import type { EpochFigures, StepProgress } from "./types.ts";

/**
 * On a terminal, one line that is redrawn, with a line left behind for every epoch; elsewhere (a
 * file, a pipe, CI) only the lines of the epochs.
 */
export class Progress {
  readonly #line: StatusLine;

  constructor(stream: ProgressStream, now?: () => number) {
    this.#line = new StatusLine(stream, now);
  }

  step(progress: StepProgress): void {
    const isLast = progress.step === progress.steps;
    this.#line.draw((columns, colour) => progressLine(progress, columns, colour), isLast);
  }

  epoch(figures: EpochFigures, epochs: number): void {
    this.log(epochLine(figures, epochs));
  }

  /** A line of its own above the bar. */
  log(line: string): void {
    this.#line.log(line);
  }

  /** Takes the bar away and gives the cursor back; may be called more than once. */
  stop(): void {
    this.#line.stop();
  }
}

/** One line that leaves three columns free: what does not fit is left out, least first. */
export function progressLine(progress: StepProgress, columns: number, colour?: Colour): string {
  const { epoch, epochs, step, steps } = progress;
  const fraction = step / steps;
  const head = `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const percent = `${String(Math.floor(100 * fraction)).padStart(3)} %`;
  const loss = `loss ${formatLoss(progress.loss)}`;
  const accuracy = `accuracy ${formatPercent(progress.accuracy)}`;
  const left = `${formatClock(progress.secondsLeft)} left`;
  const candidates = [
    [percent, loss, accuracy, left],
    [percent, loss, left],
    [percent, left],
    [percent],
  ];
  return lineWithBar(head, candidates, fraction, columns, colour);
}

/** What stays of an epoch. */
function epochLine(figures: EpochFigures, epochs: number): string {
  const total = String(epochs);
  const whole = Number.isInteger(figures.epoch);
  const number = (whole ? String(figures.epoch) : figures.epoch.toFixed(2)).padStart(total.length);
  return [
    `epoch ${number}/${total}`,
    `loss ${formatLoss(figures.trainLoss)}`,
    `accuracy ${formatPercent(figures.trainAccuracy)}`,
    `test error ${formatPercent(1 - figures.testAccuracy)}`,
    formatDuration(figures.seconds),
  ].join("  ");
}
