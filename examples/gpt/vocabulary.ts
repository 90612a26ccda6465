/** The characters of a text, numbered in the order of Unicode. */
export class Vocabulary {
  readonly #characters: readonly string[];
  readonly #codes: ReadonlyMap<string, number>;

  constructor(text: string) {
    this.#characters = [...new Set(text)].sort();
    this.#codes = new Map(this.#characters.map((character, code) => [character, code]));
  }

  get size(): number {
    return this.#characters.length;
  }

  /** @throws RangeError for a character that the text has not. */
  encode(text: string): Int32Array {
    return Int32Array.from(text, (character) => {
      const code = this.#codes.get(character);
      if (code !== undefined) return code;
      throw new RangeError(
        `Vocabulary: expected characters of the text, got ${JSON.stringify(character)}. ` +
          "Make the vocabulary of a text that has it.",
      );
    });
  }

  decode(codes: Iterable<number>): string {
    return Array.from(codes, (code) => this.#characters[code]).join("");
  }
}
