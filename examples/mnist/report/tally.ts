import type { RunReport } from "./types.ts";

/** How many images a confusion matrix counts, and how many of them beside its diagonal. */
export function countErrors(confusion: RunReport["confusion"]): { tested: number; wrong: number } {
  let tested = 0;
  let right = 0;
  confusion.forEach((row, label) => {
    tested += row.reduce((sum, count) => sum + count, 0);
    right += row[label]!;
  });
  return { tested, wrong: tested - right };
}
