import { styleText } from "node:util";

/** What the display needs of a stream such as process.stderr. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export type Colour = (format: "cyan" | "dim" | "bold", text: string) => string;

const CLEAR_LINE = "\r\x1b[2K";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const REDRAW_MS = 80;

/** On a terminal, one line at the bottom that is redrawn in place; elsewhere (a file, a pipe, CI)
 *  only the lines that are meant to stay. */
export class StatusLine {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #lastDraw = -Infinity;
  #drawn = false;

  constructor(stream: ProgressStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Shows the line, if it is time for one. */
  draw(line: (columns: number, colour: Colour) => string, isLast = false): void {
    if (this.#stream.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#lastDraw < REDRAW_MS && !isLast) return;
    this.#lastDraw = now;
    const text = line(this.#stream.columns ?? 80, colourOf(this.#stream));
    this.#stream.write((this.#drawn ? "" : HIDE_CURSOR) + CLEAR_LINE + text);
    this.#drawn = true;
  }

  /** A line of its own above the redrawn one. */
  log(line: string): void {
    this.#stream.write(`${this.#drawn ? CLEAR_LINE : ""}${line}\n`);
  }

  /** Takes the redrawn line away and gives the cursor back; may be called more than once. */
  stop(): void {
    if (!this.#drawn) return;
    this.#stream.write(CLEAR_LINE + SHOW_CURSOR);
    this.#drawn = false;
  }
}

const plain: Colour = (_, text) => text;

function colourOf(stream: ProgressStream): Colour {
  // styleText knows NO_COLOR and FORCE_COLOR; a stream that is not Node's own stays plain.
  const known = [process.stderr, process.stdout].find((own) => own === stream);
  return known === undefined ? plain : (f, text) => styleText(f, text, { stream: known });
}

/** The fullest of some lines, from the most to the least detailed, that a terminal has room for,
 *  with a bar in it. Three columns stay free: a terminal shows Ctrl-C as ^C behind the line, which
 *  could not be cleared where that wrapped. */
export function lineWithBar(
  head: string,
  candidates: readonly (readonly string[])[],
  fraction: number,
  columns: number,
  colour: Colour = plain,
): string {
  const room = columns - 3;
  for (const parts of candidates) {
    const fixed = [head, ...parts].join("  ");
    const bar = Math.min(WIDEST_BAR, room - fixed.length - 2);
    if (bar < NARROWEST_BAR) continue;
    return [colour("bold", head), drawBar(fraction, bar, colour), ...parts].join("  ");
  }
  return [head, ...candidates[candidates.length - 1]].join(" ").slice(0, Math.max(0, room));
}

const WIDEST_BAR = 30;
const NARROWEST_BAR = 6;

function drawBar(fraction: number, width: number, colour: Colour): string {
  const halves = Math.floor(2 * width * fraction);
  const done = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "");
  return colour("cyan", done) + colour("dim", "─".repeat(width - done.length));
}
