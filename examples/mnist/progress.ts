import { styleText } from "node:util";
import { formatClock, formatDuration, formatLoss, formatPercent } from "./format.ts";
import type { EpochFigures, StepProgress } from "./types.ts";

/** What the display needs of a stream such as process.stderr. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = "\r\x1b[2K";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const REDRAW_MS = 80;
const WIDEST_BAR = 30;
const NARROWEST_BAR = 6;

/**
 * On a terminal, one line that is redrawn, with a line left behind for every epoch; elsewhere (a
 * file, a pipe, CI) only the lines of the epochs.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #lastDraw = -Infinity;
  #drawn = false;

  constructor(stream: ProgressStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  step(progress: StepProgress): void {
    if (this.#stream.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#lastDraw < REDRAW_MS && progress.step < progress.steps) return;
    this.#lastDraw = now;
    const line = progressLine(progress, this.#stream.columns ?? 80, colourOf(this.#stream));
    this.#stream.write((this.#drawn ? "" : HIDE_CURSOR) + CLEAR_LINE + line);
    this.#drawn = true;
  }

  epoch(figures: EpochFigures, epochs: number): void {
    this.log(epochLine(figures, epochs));
  }

  /** A line of its own above the bar. */
  log(line: string): void {
    this.#stream.write(`${this.#drawn ? CLEAR_LINE : ""}${line}\n`);
  }

  /** Takes the bar away and gives the cursor back; may be called more than once. */
  stop(): void {
    if (!this.#drawn) return;
    this.#stream.write(CLEAR_LINE + SHOW_CURSOR);
    this.#drawn = false;
  }
}

type Colour = (format: "cyan" | "dim" | "bold", text: string) => string;

function colourOf(stream: ProgressStream): Colour {
  // styleText knows NO_COLOR and FORCE_COLOR; a stream that is not Node's own stays plain.
  const known = [process.stderr, process.stdout].find((own) => own === stream);
  return known === undefined
    ? (_, text) => text
    : (f, text) => styleText(f, text, { stream: known });
}

/** One line that leaves three columns free: what does not fit is left out, least first. */
export function progressLine(
  progress: StepProgress,
  columns: number,
  colour: Colour = (_, text) => text,
): string {
  const { epoch, epochs, step, steps } = progress;
  const fraction = step / steps;
  const head = `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const percent = `${String(Math.floor(100 * fraction)).padStart(3)} %`;
  const tail = [
    `loss ${formatLoss(progress.loss)}`,
    `accuracy ${formatPercent(progress.accuracy)}`,
    `${formatClock(progress.secondsLeft)} left`,
  ];
  // A terminal shows Ctrl-C as ^C behind the line: where that wrapped, the line could not be cleared.
  const room = columns - 3;
  // By how much they are missed, the least first: accuracy, loss, percentage.
  const candidates = [
    [percent, ...tail],
    [percent, tail[0]!, tail[2]!],
    [percent, tail[2]!],
    [percent],
  ];
  for (const parts of candidates) {
    const fixed = [head, ...parts].join("  ");
    const bar = Math.min(WIDEST_BAR, room - fixed.length - 2);
    if (bar < NARROWEST_BAR) continue;
    return [colour("bold", head), drawBar(fraction, bar, colour), ...parts].join("  ");
  }
  return `${head} ${percent}`.slice(0, Math.max(0, room));
}

function drawBar(fraction: number, width: number, colour: Colour): string {
  const halves = Math.floor(2 * width * fraction);
  const done = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "");
  return colour("cyan", done) + colour("dim", "─".repeat(width - done.length));
}

/** What stays of an epoch. */
export function epochLine(figures: EpochFigures, epochs: number): string {
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
