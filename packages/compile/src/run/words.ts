// Doubles that pass between WebAssembly and JavaScript as words of 32 bits, the lower one first: V8 makes an object of
// each double that passes, 16 bytes, and of a word none.

type Double = (...args: number[]) => number;

/** Of names under which functions are imported that take and give words. */
export const wordsPrefix = "words:";
/** The import that gives the higher word of the latest result. */
export const highWordName = "highWord";

const doubles = new Float64Array(2);
const words = new Int32Array(doubles.buffer);

/** A function of one or two doubles as one of their words; its result is the lower word. */
export function byWords(f: Double): Double {
  if (f.length === 1) {
    return (low, high) => {
      words[0] = low;
      words[1] = high;
      doubles[0] = f(doubles[0]);
      return words[0];
    };
  }
  return (low, high, low2, high2) => {
    words[0] = low;
    words[1] = high;
    words[2] = low2;
    words[3] = high2;
    doubles[0] = f(doubles[0], doubles[1]);
    return words[0];
  };
}

export const highWord = (): number => words[1];

/** `byWords` and `highWord` once more: workers can be given text alone. */
export const wordsText = `
const doubles = new Float64Array(2);
const words = new Int32Array(doubles.buffer);
const highWord = () => words[1];
const byWords = (f) => f.length === 1
  ? (low, high) => {
      words[0] = low;
      words[1] = high;
      doubles[0] = f(doubles[0]);
      return words[0];
    }
  : (low, high, low2, high2) => {
      words[0] = low;
      words[1] = high;
      words[2] = low2;
      words[3] = high2;
      doubles[0] = f(doubles[0], doubles[1]);
      return words[0];
    };
`;
