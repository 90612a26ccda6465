import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "./compile.ts";

/** An error in our own words: a message in quotes, which begins with who says it. */
const OWN_WORDS = /is not assignable to (?:parameter of )?type '"[\w ]+: [^"]+"'\.$/;

const DIRECTIVE = "// @ts-expect-error";

describe("compile-time shapes", { timeout: 60_000 }, () => {
  it.each([
    "must-compile.ts",
    "must-compile-unions.ts",
    "must-compile-windows.ts",
    "must-compile-linalg.ts",
  ])("accept correct and unknown shapes: %s", (fixture) => {
    expect(compile(fixture)).toEqual([]);
  });

  it.each(["must-fail.ts", "must-fail-linalg.ts"])("refuse wrong shapes: %s", (fixture) => {
    expect(compile(fixture)).toEqual([]);
  });

  it("refuse wrong shapes in generic functions", () => {
    expect(compile("must-fail-generic.ts")).toEqual([]);
  });

  describe.each([
    ["messages", "must-fail.ts"],
    ["messages about linear algebra", "must-fail-linalg.ts"],
  ])("%s", (_, fixture) => {
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
  });
});
