import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "./compile.ts";

/** An error in our own words: a message in quotes, which begins with who says it. */
const OWN_WORDS = /is not assignable to (?:parameter of )?type '"[\w ]+: [^"]+"'\.$/;

const DIRECTIVE = "// @ts-expect-error";

/** The fixtures of a kind. */
const fixtures = (prefix: string): string[] =>
  readdirSync(import.meta.dirname).filter((file) => file.startsWith(prefix));

/** Its errors speak of type parameters, in the compiler's words. */
const generic = "must-fail-generic.ts";

describe("compile-time shapes", { timeout: 60_000 }, () => {
  it.each(fixtures("must-compile"))("accept correct and unknown shapes: %s", (fixture) => {
    expect(compile(fixture)).toEqual([]);
  });

  it.each(fixtures("must-fail"))("refuse wrong shapes: %s", (fixture) => {
    expect(compile(fixture)).toEqual([]);
  });

  describe.each(fixtures("must-fail").filter((fixture) => fixture !== generic))(
    "messages of %s",
    (fixture) => {
      const source = readFileSync(new URL(fixture, import.meta.url), "utf8");
      // The directives hide the errors; a comment in their place shows them at the same lines.
      const messages = compile(fixture, source.replaceAll(DIRECTIVE, "//"));

      it("are one for each wrong call", () => {
        const lines = source.split("\n");
        const marked = lines.flatMap((line, i) => (line === DIRECTIVE ? [i + 1] : []));
        expect(marked.length).toBeGreaterThan(0);
        expect(messages.map((message) => message.line)).toEqual(marked);
      });

      it.each(messages)("in one line and in our own words: $source", ({ text }) => {
        expect(text.split("\n")).toHaveLength(1);
        expect(text).toMatch(OWN_WORDS);
      });

      it("are these", () => {
        const shown = messages.map(({ source: call, text }) => `${call}\n  ${text}`);
        expect(shown.join("\n\n")).toMatchSnapshot();
      });
    },
  );
});
