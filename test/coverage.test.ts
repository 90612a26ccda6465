// docs/coverage.md is what the records say now, and its holes are explained.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { coveragePage, coverageRows } from "./coverage/page.ts";

const rows = coverageRows();

it("the page is up to date: npm run coverage-page", async () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/coverage.md"), "utf8");
  expect(page).toBe(await coveragePage(rows));
});

it("every hole has a reason", () => {
  const cells = rows.flatMap(({ name, cells: row }) => row.map((cell) => [name, cell]));
  expect(cells.length).toBeGreaterThan(500);
  expect(
    cells.filter(([, cell]) => cell === "" || cell === "–" || cell.includes("failed")),
  ).toEqual([]);
});
