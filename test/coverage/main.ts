// Writes docs/coverage.md: npm run coverage-page
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { coveragePage } from "./page.ts";

writeFileSync(join(import.meta.dirname, "../../docs/coverage.md"), await coveragePage());
console.log("written: docs/coverage.md");
