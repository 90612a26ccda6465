/**
 * The baseline: how likely a character is after the two before it, counted. Each context is mixed
 * with the next shorter one by the estimate of I. H. Witten and T. C. Bell, "The zero-frequency
 * problem", IEEE Transactions on Information Theory 37(4), 1991 (method C):
 *
 *   p(c | ab) = (n(abc) + t(ab) p(c | b)) / (n(ab) + t(ab))
 *
 * with n(ab) characters seen after ab, t(ab) different ones among them; so on for p(c | b) and
 * p(c), and at last 1 / size. Nothing is impossible, and no number is set by hand.
 */
export class Trigram {
  readonly #size: number;
  /** The counts after contexts of 0, 1 and 2 characters. */
  readonly #orders: readonly Counts[];

  constructor(codes: ArrayLike<number>, size: number) {
    this.#size = size;
    this.#orders = [0, 1, 2].map((length) => countAfter(codes, size, length));
  }

  /** p(c | ab) */
  probability(a: number, b: number, c: number): number {
    const contexts = [0, b, a * this.#size + b];
    return this.#orders.reduce((shorter, { after, total, kinds }, length) => {
      const context = contexts[length];
      const unseen = kinds[context];
      if (unseen === 0) return shorter;
      const seen = after[context * this.#size + c];
      return (seen + unseen * shorter) / (total[context] + unseen);
    }, 1 / this.#size);
  }

  /** The mean of −log₂ p over the characters from `from` on, each after the two before it. */
  bitsPerCharacter(codes: ArrayLike<number>, from: number): number {
    let bits = 0;
    for (let i = from; i < codes.length; i++) {
      bits -= Math.log2(this.probability(codes[i - 2], codes[i - 1], codes[i]));
    }
    return bits / (codes.length - from);
  }
}

interface Counts {
  /** How often a character came after a context: [contexts, size]. */
  readonly after: Uint32Array;
  /** How many came after it, and how many different ones. */
  readonly total: Uint32Array;
  readonly kinds: Uint32Array;
}

function countAfter(codes: ArrayLike<number>, size: number, length: number): Counts {
  const contexts = size ** length;
  const after = new Uint32Array(contexts * size);
  const total = new Uint32Array(contexts);
  const kinds = new Uint32Array(contexts);
  for (let i = length; i < codes.length; i++) {
    let context = 0;
    for (let j = i - length; j < i; j++) context = context * size + codes[j];
    total[context]++;
    if (after[context * size + codes[i]]++ === 0) kinds[context]++;
  }
  return { after, total, kinds };
}
