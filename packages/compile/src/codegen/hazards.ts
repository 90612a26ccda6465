// Where threads must wait for each other: before a kernel that touches what another one, of which
// every thread did a share, has touched since the last barrier.

/** Bytes from `start` up to but without `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly writes: boolean;
}

export class Hazards {
  private parallel: Range[] = [];
  private serial: Range[] = [];

  /** Whether a kernel with these accesses needs a barrier before it. What thread 0 alone has done,
   *  thread 0 alone may build on without one. */
  conflicts(ranges: readonly Range[], isSerial: boolean): boolean {
    return meets(ranges, this.parallel) || (!isSerial && meets(ranges, this.serial));
  }

  note(ranges: readonly Range[], isSerial: boolean): void {
    (isSerial ? this.serial : this.parallel).push(...ranges);
  }

  /** After a barrier nothing is pending. */
  clear(): void {
    this.parallel = [];
    this.serial = [];
  }
}

const meets = (ranges: readonly Range[], pending: readonly Range[]): boolean =>
  ranges.some((a) =>
    pending.some((b) => (a.writes || b.writes) && a.start < b.end && b.start < a.end),
  );
