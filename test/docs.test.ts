// Code in documents is executed: each ```ts block is a module of its own. A comment behind a
// console.log says what it prints, and is held to it.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { format } from "node:util";
import { afterAll, describe, expect, it, vi } from "vitest";

const root = join(import.meta.dirname, "..");
// Inside of the workspace, so that packages resolve by their names.
const folder = join(import.meta.dirname, ".docs");

const documents = globSync(["*.md", "docs/**/*.md", "{packages,examples}/**/README.md"], {
  cwd: root,
  exclude: (name) => name.includes("node_modules"),
}).sort();

interface Block {
  readonly name: string;
  readonly code: string;
  readonly printed: readonly string[];
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^([ \t]*)```ts\n(.*?)^\1```/gms)].map(([, indent, body], i) => {
    const code = body.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const line = text.slice(0, text.indexOf(body)).split("\n").length;
    const printed = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said);
    return { name: `${i + 1}, line ${line}`, code, printed };
  });
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withCode = documents
  .map((document) => [document, blocksOf(document)] as const)
  .filter(([, blocks]) => blocks.length > 0);

describe.each(withCode)("%s", (document, blocks) => {
  it.each(blocks)("code block $name", async ({ code, printed, name }) => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${relative("", document)}-${name}.ts`.replaceAll(/[^\w.]+/g, "-"));
    writeFileSync(file, `${code}\nexport {};\n`);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      await import(file);
      const lines = log.mock.calls.map((args) => format(...args));
      const bare = (line: string) => line.replaceAll(/\s/g, "");
      if (printed.length > 0) expect(lines.map(bare)).toEqual(printed.map(bare));
    } finally {
      log.mockRestore();
    }
  });
});

it("documents have code that is run", () => {
  const names = withCode.map(([document]) => document);
  expect(names).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md"]));
});

describe("links between documents", () => {
  it.each(documents)("%s", (document) => {
    const text = readFileSync(join(root, document), "utf8");
    const targets = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
    const missing = targets.filter((target) => !existsSync(join(root, document, "..", target)));
    expect(missing).toEqual([]);
  });
});
