import { describe, expect, test } from "vitest";
import { DataError } from "../shared/errors.ts";
import { corpusOf, loadText, unwrap } from "./text.ts";
import { Trigram } from "./trigram.ts";
import { Vocabulary } from "./vocabulary.ts";

describe("the text", () => {
  test("is the whole of Moby-Dick, a paragraph a line", () => {
    const text = loadText();
    expect(text).toMatch(
      /^CHAPTER 1\. Loomings\.\nCall me Ishmael\. Some years ago—never mind how/,
    );
    expect(text).toMatch(
      /the great shroud of the sea rolled on as it rolled five thousand years ago\.\n$/,
    );
    expect(text.match(/^CHAPTER \d+\./gm)).toHaveLength(135);
    expect(text).not.toMatch(/\r|\t| {2}|\n\n|\n /);
    expect(text.length).toBeGreaterThan(1_180_000);
  });

  test("has its lines joined and its paragraphs parted", () => {
    expect(unwrap("A first\nline.\n\n\nA second\r\n  one.\n \nEnd")).toBe(
      "A first line.\nA second one.\nEnd\n",
    );
  });

  test("that is missing is an error that names the file", () => {
    expect(() => loadText("/nowhere/data.txt")).toThrow(DataError);
    expect(() => loadText("/nowhere/data.txt")).toThrow("no such file");
  });

  test("is held out at its end", () => {
    const { codes, heldOutFrom, vocabulary } = corpusOf("abcde".repeat(4));
    expect([codes.length, heldOutFrom, vocabulary.size]).toEqual([20, 18, 5]);
  });
});

describe("the vocabulary", () => {
  test("turns texts into numbers and back", () => {
    const vocabulary = new Vocabulary("the whale");
    expect(vocabulary.size).toBe(7);
    expect([...vocabulary.encode(" ae")]).toEqual([0, 1, 2]);
    expect(vocabulary.decode(vocabulary.encode("heat at law"))).toBe("heat at law");
    const text = loadText();
    const whole = new Vocabulary(text);
    expect(whole.decode(whole.encode(text))).toBe(text);
  });

  test("says which character it has not", () => {
    expect(() => new Vocabulary("abc").encode("abba!")).toThrow('got "!"');
  });
});

describe("the trigram model", () => {
  test("gives probabilities that add up to 1, after contexts seen and unseen", () => {
    const { codes, vocabulary } = corpusOf("call me ishmael. some years ago");
    const trigram = new Trigram(codes, vocabulary.size);
    for (let a = 0; a < vocabulary.size; a++) {
      for (let b = 0; b < vocabulary.size; b++) {
        let total = 0;
        for (let c = 0; c < vocabulary.size; c++) {
          const probability = trigram.probability(a, b, c);
          expect(probability).toBeGreaterThan(0);
          total += probability;
        }
        expect(total).toBeCloseTo(1, 12);
      }
    }
  });

  test("counts as one does by hand", () => {
    // abab, of 3 characters: p(a) = (2 + 2/3) / 6 = 4/9, p(b) = 4/9, p(c) = (0 + 2/3) / 6 = 1/9.
    // After a came b twice: p(b|a) = (2 + 4/9) / 3 = 22/27. After b came a once:
    // p(a|b) = (1 + 4/9) / 2 = 13/18, p(c|b) = (0 + 1/9) / 2 = 1/18.
    const trigram = new Trigram([0, 1, 0, 1], 3);
    // ab was followed by a once, so p(a|ab) = (1 + 13/18) / 2; ba by b.
    expect(trigram.probability(0, 1, 0)).toBeCloseTo(31 / 36, 14);
    expect(trigram.probability(0, 1, 2)).toBeCloseTo(1 / 36, 14);
    expect(trigram.probability(1, 0, 1)).toBeCloseTo((1 + 22 / 27) / 2, 14);
    // aa never came: what is known is what comes after a. After c nothing came.
    expect(trigram.probability(0, 0, 1)).toBeCloseTo(22 / 27, 14);
    expect(trigram.probability(2, 2, 0)).toBeCloseTo(4 / 9, 14);
  });

  test("measures the mean of −log₂ p over the held-out characters", () => {
    const trigram = new Trigram([0, 1, 0, 1], 3);
    const bits = trigram.bitsPerCharacter([0, 1, 0, 1, 0, 2], 4);
    expect(bits).toBeCloseTo(
      -(Math.log2(31 / 36) + Math.log2(trigram.probability(1, 0, 2))) / 2,
      12,
    );
  });
});
