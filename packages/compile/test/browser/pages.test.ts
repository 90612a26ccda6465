// Pages that allow less than the one that tests run in.
import { describe, expect, it } from "vitest";
import { commands } from "vitest/browser";
import { twoLayers } from "./support/models.ts";

const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const policy = (text: string) => ({ ...isolated, "Content-Security-Policy": text });

/** What eager code finds in the page of the tests. */
function expectedLosses(): number[] {
  const { step, x, y } = twoLayers();
  return Array.from({ length: 4 }, () => step(x, y).item());
}

function expectLosses(actual: readonly number[] | null): void {
  const expected = expectedLosses();
  expect(actual).toHaveLength(expected.length);
  actual!.forEach((loss, i) => expect(Math.abs(loss - expected[i])).toBeLessThan(2e-5));
}

describe("compiled functions in a page", () => {
  it.each<[string, Record<string, string>, boolean, number]>([
    ["that is isolated: on all threads", isolated, true, 2],
    ["that is not isolated: on one thread", {}, false, 1],
    [
      "whose policy allows WebAssembly and no more: on one thread, for workers are made of blobs",
      policy("script-src 'self' 'wasm-unsafe-eval'"),
      true,
      1,
    ],
    [
      "whose policy allows workers made of blobs, too: on all threads",
      policy("script-src 'self' 'wasm-unsafe-eval'; worker-src blob:"),
      true,
      2,
    ],
  ])("%s", async (_, headers, isIsolated, threads) => {
    const report = await commands.visit(headers);
    expect(report).toMatchObject({ error: null, isIsolated, threads });
    for (const losses of [report.eager, report.compiled, report.async]) expectLosses(losses);
  });

  it("whose policy forbids WebAssembly: an error that says what to do, and eager works", async () => {
    const report = await commands.visit(policy("script-src 'self'"));
    expect(report).toMatchObject({ compiled: null, isCompiledProgramError: true });
    expect(report.error).toContain(
      "expected an engine that may compile WebAssembly, got a refusal",
    );
    expect(report.error).toContain("Add 'wasm-unsafe-eval' to script-src");
    expect(report.error).toContain("eager still works");
    expectLosses(report.eager);
  });
});
