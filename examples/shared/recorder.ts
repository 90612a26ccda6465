import type { ProgressStream } from "./status-line.ts";

/** A stream that keeps what is written to it. */
export class Recorder implements ProgressStream {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(isTTY = false, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }
}
