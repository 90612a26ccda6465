// Threefry-2x32 with 20 rounds: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011. A block of two words is a pure function of a key and a counter.

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

/** Encrypts the counter (x0, x1) under the key (k0, k1) into `out`, as signed 32-bit words. */
export function threefry(k0: number, k1: number, x0: number, x1: number, out: Int32Array): void {
  const keys = [k0, k1, k0 ^ k1 ^ parity];
  let a = (x0 + k0) | 0;
  let b = (x1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (let i = 0; i < 4; i++) {
      const r = rotations[(group & 1) * 4 + i];
      a = (a + b) | 0;
      b = ((b << r) | (b >>> (32 - r))) ^ a;
    }
    a = (a + keys[(group + 1) % 3]) | 0;
    b = (b + keys[(group + 2) % 3] + group + 1) | 0;
  }
  out[0] = a;
  out[1] = b;
}

/** Words of the stream at `state` = [key0, key1, counter low, counter high], two a block. */
export function randomWords(state: ArrayLike<number>, out: Int32Array): void {
  const block = new Int32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    const [low, high] = advance(state[2], state[3], i / 2);
    threefry(state[0], state[1], low, high, block);
    out[i] = block[0];
    if (i + 1 < out.length) out[i + 1] = block[1];
  }
}

/** The 64-bit counter moved on by a number of blocks, as two signed words. */
export function advance(low: number, high: number, blocks: number): [number, number] {
  const sum = (low >>> 0) + blocks;
  return [sum | 0, (high + Math.floor(sum / 2 ** 32)) | 0];
}
