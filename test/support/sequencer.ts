// In which order test files start: first those that say that they take long, so that no worker is left alone
// with one at the end. Vitest remembers how long files took and begins with the longest of each
// project; this also holds where nothing is remembered.
import { readFileSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What such a file says in a comment. */
const mark = /^\/\/ Takes long\b/m;

const takesLong = ({ moduleId }: TestSpecification): boolean =>
  mark.test(readFileSync(moduleId, "utf8"));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(takesLong), ...sorted.filter((file) => !takesLong(file))];
  }
}
