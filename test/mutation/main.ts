// Makes every op wrong in every way that its record allows, and counts what the suite notices:
//
//   npm run mutate                    all ops; writes docs/mutation.md
//   npm run mutate -- softmax conv2d  these alone; writes nothing
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatDocument } from "../support/document.ts";
import { judge } from "./judge.ts";
import { mutantsOf } from "./mutants.ts";
import { figure, render, type Outcome } from "./report.ts";
import { subjects } from "./subjects.ts";

const names = process.argv.slice(2);
const ops = subjects.filter(({ f: { op } }) => names.length === 0 || names.includes(op.name));
if (ops.length < names.length) {
  const unknown = names.filter((name) => !ops.some(({ f: { op } }) => op.name === name));
  process.stderr.write(`npm run mutate: no op is called ${unknown.join(", ")}.\n`);
  process.exit(2);
}

const outcomes: Outcome[] = [];
const started = performance.now();
for (const [i, subject] of ops.entries()) {
  const { f } = subject;
  const mutants = mutantsOf(f);
  for (const [k, mutant] of mutants.entries()) {
    if (process.stderr.isTTY && k % 10 === 0) {
      process.stderr.write(
        `\r\x1b[2K${i + 1}/${ops.length} ${f.op.name}: ${k}/${mutants.length} mutants`,
      );
    }
    const outcome = { mutant, ...judge(mutant, subject) };
    outcomes.push(outcome);
    const isNews = outcome.verdict === "survived" || (names.length > 0 && outcome.by === null);
    if (isNews) {
      const clear = process.stderr.isTTY ? "\r\x1b[2K" : "";
      const { op, part, what } = mutant;
      process.stderr.write(`${clear}${outcome.verdict}: ${op}, ${part}: ${what}\n`);
    }
  }
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
const { killed, alive, share } = figure(outcomes);
const seconds = ((performance.now() - started) / 1e3).toFixed(0);
console.log(
  `${outcomes.length} mutants of ${ops.length} ${ops.length === 1 ? "op" : "ops"} in ${seconds} s: ` +
    `${killed} killed, ${alive} alive (${share}), ${outcomes.length - killed - alive} equivalent`,
);
if (names.length === 0) {
  const file = join(import.meta.dirname, "../../docs/mutation.md");
  writeFileSync(file, await formatDocument(render(outcomes)));
  console.log("written: docs/mutation.md");
}
if (killed < 0.99 * (killed + alive)) process.exitCode = 1;
