import { tensor, uniform, type Generator, type Tensor } from "@wengert/autograd";

export interface SampleOptions {
  readonly context: number;
  /** What the logits are divided by: below 1 the likely gets likelier. */
  readonly temperature: number;
  readonly generator: Generator;
}

/**
 * Continues a text without end, a character at a time, each drawn by its probability.
 * @param logitsOf The logits after each place of a window [1, context].
 */
export function* continueText(
  logitsOf: (window: Tensor) => Tensor,
  prompt: Int32Array,
  { context, temperature, generator }: SampleOptions,
): Generator_<number> {
  let seen: readonly number[] = [...prompt];
  for (;;) {
    seen = seen.slice(-context);
    // A short text is filled up: what comes later does not change the logits of what is before.
    const window = Int32Array.from({ length: context }, (_, i) => seen[i] ?? 0);
    const logits = logitsOf(tensor(window, { shape: [1, context], dtype: "int32" }));
    const vocabulary = logits.shape[logits.rank - 1];
    const last = logits.data.subarray((seen.length - 1) * vocabulary, seen.length * vocabulary);
    const code = draw(last as Float32Array, temperature, uniformOf(generator));
    seen = [...seen, code];
    yield code;
  }
}

type Generator_<T> = globalThis.Generator<T, never, undefined>;

const uniformOf = (generator: Generator): number =>
  uniform([], { generator, dtype: "float64" }).item();

/** The first index at which the probabilities, exp(logit / temperature) in proportion, add up to
 *  more than `unit` of the whole. */
export function draw(logits: Float32Array, temperature: number, unit: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  let rest = unit * total;
  const index = weights.findIndex((weight) => (rest -= weight) < 0);
  // Rounding may leave something of a unit that is nearly 1.
  return index >= 0 ? index : weights.findLastIndex((weight) => weight > 0);
}
