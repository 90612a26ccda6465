import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile, type Message } from "./compile.ts";

/** An error in our own words: a message in quotes, which begins with who says it. */
const OWN_WORDS = /is not assignable to (?:parameter of )?type '"[\w ]+: [^"]+"'\.$/;

const DIRECTIVE = "// @ts-expect-error";

const shownAs = (fixture: string): string => `shown-${fixture}`;

/** The fixtures of a kind. */
const fixtures = (prefix: string): string[] =>
  readdirSync(import.meta.dirname).filter((file) => file.startsWith(prefix));

/** Its errors speak of type parameters, in the compiler's words. */
const generic = "must-fail-generic.ts";

const mustCompile = fixtures("must-compile");
const mustFail = fixtures("must-fail");
const worded = mustFail.filter((fixture) => fixture !== generic);

const sourceOf = (fixture: string): string =>
  readFileSync(new URL(fixture, import.meta.url), "utf8");

// The directives hide the errors; a comment in their place shows them at the same lines.
const shown = new Map(
  worded.map((fixture) => [shownAs(fixture), sourceOf(fixture).replaceAll(DIRECTIVE, "//")]),
);

const errors = compile([...mustCompile, ...mustFail], shown);
const errorsOf = (file: string): readonly Message[] => errors.get(file) ?? [];

describe("compile-time shapes", () => {
  it("are without errors themselves", () => {
    const files = [...errors.keys()].sort();
    expect(files).toEqual([...shown.keys()].sort());
  });

  it.each(mustCompile)("accept correct and unknown shapes: %s", (fixture) => {
    expect(errorsOf(fixture)).toEqual([]);
  });

  it.each(mustFail)("refuse wrong shapes: %s", (fixture) => {
    expect(errorsOf(fixture)).toEqual([]);
  });

  describe.each(worded)("messages of %s", (fixture) => {
    const messages = errorsOf(shownAs(fixture));

    it("are one for each wrong call", () => {
      const lines = sourceOf(fixture).split("\n");
      const marked = lines.flatMap((line, i) => (line === DIRECTIVE ? [i + 1] : []));
      expect(marked.length).toBeGreaterThan(0);
      expect(messages.map((message) => message.line)).toEqual(marked);
    });

    it.each(messages)("in one line and in our own words: $source", ({ text }) => {
      expect(text.split("\n")).toHaveLength(1);
      expect(text).toMatch(OWN_WORDS);
    });

    it("are these", () => {
      const listed = messages.map(({ source: call, text }) => `${call}\n  ${text}`);
      expect(listed.join("\n\n")).toMatchSnapshot();
    });
  });
});
