/** What the progress line and the table need of a stream such as process.stderr. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const width = 24;
const redrawMs = 60;

/** A line at the bottom of a terminal that is redrawn in place; nothing elsewhere. */
export class Progress {
  readonly #stream: Stream;
  #last = -Infinity;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  show(fraction: number, what: string): void {
    const now = performance.now();
    if (!this.#stream.isTTY || now - this.#last < redrawMs) return;
    this.#last = now;
    const full = Math.round(width * fraction);
    const bar = "━".repeat(full) + "╌".repeat(width - full);
    const line = `${bar} ${String(Math.floor(100 * fraction)).padStart(3)} %  ${what}`;
    this.#stream.write(`\r\x1b[2K${line.slice(0, (this.#stream.columns ?? 80) - 3)}`);
  }

  stop(): void {
    if (this.#last > -Infinity) this.#stream.write("\r\x1b[2K");
    this.#last = -Infinity;
  }
}
