// docs/mutation.md.
import { comparisons, type Judgement, type Verdict } from "./judge.ts";
import { mostTerms, type Mutant, type Part } from "./mutants.ts";

export interface Outcome extends Judgement {
  readonly mutant: Mutant;
}

/** What is not killed and not equivalent is alive; guards count as alive. */
export function figure(outcomes: readonly Outcome[]) {
  const count = (verdict: Verdict) => outcomes.filter((it) => it.verdict === verdict).length;
  const killed = count("killed");
  const alive = count("guard") + count("survived");
  return { killed, alive, share: percent(killed, killed + alive) };
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${((100 * part) / whole).toFixed(2)} %`;

const parts: Record<Part, string> = {
  vjp: "vjp: the result of a rule",
  "a term in vjp": "vjp: a term of a rule",
  jvp: "jvp: the result of the rule",
  "a term in jvp": "jvp: a term of the rule",
  batch: "batch: the result of the rule",
  kernel: "kernels: expressions and parameters",
};

export function render(outcomes: readonly Outcome[]): string {
  const { killed, alive, share } = figure(outcomes);
  const ops = new Set(outcomes.map(({ mutant }) => mutant.op)).size;
  const rows = (Object.keys(parts) as Part[]).map((part) => {
    const those = outcomes.filter(({ mutant }) => mutant.part === part);
    const counts = (["killed", "equivalent", "guard", "survived"] as const).map(
      (verdict) => those.filter((it) => it.verdict === verdict).length,
    );
    return [parts[part], those.length, ...counts];
  });
  const by = new Map<string, number>();
  for (const it of outcomes) if (it.by !== null) by.set(it.by, (by.get(it.by) ?? 0) + 1);
  const list = (verdict: Verdict): string => {
    const those = outcomes.filter((it) => it.verdict === verdict);
    if (those.length === 0) return "None.\n";
    const grouped = new Map<string, string[]>();
    for (const { mutant, differs, at } of those) {
      const group = grouped.get(mutant.op) ?? [];
      const seldom = differs > 0 ? ` (on ${differs} of ${comparisons} samples)` : "";
      const only = at.length > 0 ? ` (${at.join(", ")})` : "";
      grouped.set(mutant.op, [...group, `${mutant.part}, ${mutant.what}${seldom}${only}`]);
    }
    return [...grouped].map(([op, whats]) => `- \`${op}\`: ${whats.join("; ")}\n`).join("");
  };
  return `<!-- Written by \`npm run mutate\`; do not edit. -->

# The checks are checked

Every exported op is made wrong in every way that its record allows, one at a time, and the suite that holds ops
to their records (\`checkOp\`) must notice. Of ${killed + alive} mutants of ${ops} ops that compute something else,
it kills **${killed}: ${share}**.

Rules are changed in their results (scaled by 1.01, sign flipped, left out, reversed along an axis, transposed, not
summed over broadcast axes) and in each op call inside of them (scaled, sign flipped, a term dropped). Kernels are
changed in their scalar expressions (another constant, an operation's opposite, operands exchanged, a term or a
function left out, a branch exchanged) and in their parameters (another axis, direction, start, label or edge; of a
loop, each of its body's kernels). Of a rule of more than ${mostTerms} calls the first ${mostTerms} are changed.
\`test/mutation\` does it, and knows no op by name; \`npm test\` runs a share of it.

${tableOf(["mutants of", "made", "killed", "equivalent", "guards", "survived"], rows)}
Killed by: ${[...by]
    .toSorted((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(", ")}.

## What is not killed

**Equivalent** mutants are not wrong: on ${comparisons} samples, and on these with infinities, NaN, zeros, ones, large and
equal elements put in, outputs and derivatives in both modes agree with those of the right op to 1e-12. They scale
a numerator together with its denominator, move a shift that cancels, or change what a mask takes away.

**Guards** agree on samples, but not on those special values, which stand behind each: samples keep away from kinks
and overflow, where differences mean nothing. What differs at ∞, −∞ or 1e30 guards against ∞ − ∞ and overflow, at
NaN alone hands NaN on, at equal elements shares a tie. Exact tests hold them
(\`packages/autograd/test/hard-spots*.test.ts\`).

### Guards

${list("guard")}
### Survivors

What these change shows on few samples, whose shapes or options are rare; a check that draws 50 of them may miss it,
and \`checkOp(op, { runs: 1000 })\` finds it.

${list("survived")}
### Equivalent

${list("equivalent")}`;
}

function tableOf(
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |\n`;
  return (
    line(heads) + line(heads.map((_, i) => (i === 0 ? "---" : "--:"))) + rows.map(line).join("")
  );
}
