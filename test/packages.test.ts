// The packages as they would be published: built, packed, and looked at by scripts/check-packages.ts.
// Takes long: starts among the first, and beside the other tests, none of which reads what is built.

import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = dirname(import.meta.dirname);
const tool = (name: string) => join(root, "node_modules", ".bin", name);

it("the packages build, pack well, and have types that type-check", async () => {
  const options = { cwd: root, shell: process.platform === "win32" };
  const run = promisify(execFile);
  await run(tool("tsup"), ["--silent"], options);
  const script = join(root, "scripts", "check-packages.ts");
  const { stdout } = await run(process.execPath, [script], options);
  const lines = stdout.trim().split("\n");
  expect(lines).toContain("declarations: type-check");
  expect(lines.filter((line) => line.endsWith(": packs well"))).toHaveLength(lines.length - 1);
  expect(lines.length).toBeGreaterThan(1);
});
