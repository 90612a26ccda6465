// Which bytes of a range are taken: the two-level segregated fit of M. Masmano et al., "TLSF: a new
// dynamic memory allocator for real-time systems" (2004), over addresses alone: what it knows of a
// span stands in JavaScript, so that no write beyond a span's end can damage it.

/** Addresses and sizes are multiples of a cache line. */
export const lineBytes = 64;

/** Taken or free bytes. A span that has been freed is never handed out again: the bytes are, as
 *  another span. So freeing twice can be told. */
export interface Span {
  address: number;
  bytes: number;
  state: "taken" | "free" | "gone";
  /** Neighbours in memory. */
  before: Span | null;
  after: Span | null;
  /** Neighbours in the bin, if free. */
  previous: Span | null;
  next: Span | null;
}

/** Bins of each power of two. */
const steps = 8;
const binCount = steps * 30;

export class FreeList {
  /** Bytes of taken spans. */
  taken = 0;
  private readonly bins = new Array<Span | null>(binCount).fill(null);
  /** A bit for each bin that is not empty. */
  private readonly filled = new Uint32Array(Math.ceil(binCount / 32));
  private last: Span | null = null;
  private end: number;

  constructor(start: number) {
    this.end = start;
  }

  /** Bytes at the end of the range that are free. */
  get tail(): number {
    return this.last?.state === "free" ? this.last.bytes : 0;
  }

  /** Lets the range end there. */
  extend(end: number): void {
    if (end <= this.end) return;
    const span = makeSpan(this.end, end - this.end, this.last, null);
    this.end = end;
    this.link(span);
    span.state = "taken";
    this.taken += span.bytes;
    this.free(span);
  }

  /** A span of these bytes (a multiple of a line), or null if no free one is large enough. */
  take(bytes: number): Span | null {
    const found = this.find(bytes);
    if (!found) return null;
    this.unbin(found);
    found.state = "gone";
    const span = makeSpan(found.address, bytes, found.before, found.after);
    this.link(span);
    span.state = "taken";
    this.taken += bytes;
    const rest = found.bytes - bytes;
    if (rest > 0) {
      const remainder = makeSpan(found.address + bytes, rest, span, span.after);
      this.link(remainder);
      this.bin(remainder);
    }
    return span;
  }

  /** Gives a taken span back; its free neighbours become one with it. */
  free(span: Span): void {
    this.taken -= span.bytes;
    let { address, bytes, before, after } = span;
    span.state = "gone";
    if (before?.state === "free") {
      this.unbin(before);
      before.state = "gone";
      address = before.address;
      bytes += before.bytes;
      before = before.before;
    }
    if (after?.state === "free") {
      this.unbin(after);
      after.state = "gone";
      bytes += after.bytes;
      after = after.after;
    }
    const merged = makeSpan(address, bytes, before, after);
    this.link(merged);
    this.bin(merged);
  }

  /** First among a few in the bin of this size, which may hold smaller ones, too; then in the next
   *  bin that holds anything; at last among all of the first bin. */
  private find(bytes: number): Span | null {
    const own = binOf(bytes);
    const near = this.search(own, bytes, 8);
    if (near) return near;
    const larger = this.nextFilled(own + 1);
    return larger < 0 ? this.search(own, bytes, Infinity) : this.bins[larger];
  }

  private search(bin: number, bytes: number, tries: number): Span | null {
    let span = this.bins[bin];
    for (let i = 0; span && i < tries; i++, span = span.next) if (span.bytes >= bytes) return span;
    return null;
  }

  private nextFilled(from: number): number {
    let word = from >> 5;
    let bits = this.filled[word] & (-1 << (from & 31));
    while (bits === 0) {
      if (++word >= this.filled.length) return -1;
      bits = this.filled[word];
    }
    return word * 32 + 31 - Math.clz32(bits & -bits);
  }

  private link(span: Span): void {
    if (span.before) span.before.after = span;
    if (span.after) span.after.before = span;
    else this.last = span;
  }

  private bin(span: Span): void {
    const bin = binOf(span.bytes);
    span.state = "free";
    span.previous = null;
    span.next = this.bins[bin];
    if (span.next) span.next.previous = span;
    this.bins[bin] = span;
    this.filled[bin >> 5] |= 1 << (bin & 31);
  }

  private unbin(span: Span): void {
    const bin = binOf(span.bytes);
    if (span.next) span.next.previous = span.previous;
    if (span.previous) span.previous.next = span.next;
    else if ((this.bins[bin] = span.next) === null) this.filled[bin >> 5] &= ~(1 << (bin & 31));
  }
}

const makeSpan = (
  address: number,
  bytes: number,
  before: Span | null,
  after: Span | null,
): Span => ({ address, bytes, state: "gone", before, after, previous: null, next: null });

/** Sizes below eight lines have a bin each; each power of two above has eight. */
function binOf(bytes: number): number {
  const size = Math.floor(bytes / lineBytes);
  if (size < steps) return size;
  const log = 31 - Math.clz32(size);
  return (log - 2) * steps + ((size >>> (log - 3)) & (steps - 1));
}
