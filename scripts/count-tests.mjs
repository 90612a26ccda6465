// Prints the counts of a vitest JSON report, `N passed, N failed[, N skipped]`, and exits with 1
// unless every test that ran has passed. Without a report nothing ran, which counts as a failure.
//
//   node scripts/count-tests.mjs report.json

import { existsSync, readFileSync } from "node:fs";

const file = process.argv[2];
if (!existsSync(file)) {
  console.log("0 passed, 1 failed");
  process.exit(1);
}

const report = JSON.parse(readFileSync(file, "utf8"));
const passed = report.numPassedTests;
const skipped = report.numPendingTests + report.numTodoTests;

// A file that fails to load fails as one, though none of its tests came to run.
const isBroken = ({ status, assertionResults }) =>
  status === "failed" && !assertionResults.some((test) => test.status === "failed");
const failed = report.numFailedTests + report.testResults.filter(isBroken).length;

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(report.success && failed === 0 && passed > 0 ? 0 : 1);
