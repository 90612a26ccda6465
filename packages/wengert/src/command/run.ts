// Runs the checks, cell by cell.
import { checkInfos, type CheckInfo, type CheckResult } from "@wengert/autograd/testing";
import { CommandError } from "./errors.ts";
import { filesOf, load, type Loaded } from "./load.ts";
import type { Options } from "./options.ts";
import type { Progress } from "./progress.ts";
import { didYouMean } from "./suggest.ts";

/** A check of one op or function, and what finds a failure of it again. */
export interface Cell extends CheckResult {
  /** The command that replays the failure; null where it has not failed. */
  readonly replay: string | null;
}

/** A line of the report. */
export interface Row {
  readonly file: string;
  readonly name: string;
  readonly cells: readonly Cell[];
}

export interface Report {
  readonly columns: readonly CheckInfo[];
  readonly rows: readonly Row[];
  readonly milliseconds: number;
  /** Whether it was stopped before the end. */
  readonly isPartial: boolean;
}

interface Task {
  readonly loaded: Loaded;
  readonly name: string;
}

export async function run(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<Report> {
  const modules: Loaded[] = [];
  for (const file of filesOf(options.files)) modules.push(await load(file));
  const tasks = tasksOf(modules, options.only);
  const columns =
    options.checks.length > 0
      ? checkInfos.filter(({ name }) => options.checks.includes(name))
      : checkInfos;
  const started = performance.now();
  const rows: Row[] = [];
  for (const [i, task] of tasks.entries()) {
    if (signal.aborted) break;
    const cells: Cell[] = [];
    for (const column of columns) {
      progress.show(i / tasks.length, `${task.name}: ${column.name}`);
      await breathe();
      if (signal.aborted) break;
      cells.push(runCell(task, column.name, options));
    }
    if (cells.length > 0) rows.push({ file: task.loaded.file, name: task.name, cells });
  }
  progress.stop();
  return { columns, rows, milliseconds: performance.now() - started, isPartial: signal.aborted };
}

function tasksOf(modules: readonly Loaded[], only: readonly string[]): Task[] {
  const all = modules.flatMap((loaded) =>
    [...loaded.subjects.keys()].map((name): Task => ({ loaded, name })),
  );
  const names = [...new Set(all.map(({ name }) => name))];
  for (const wanted of only) {
    if (names.includes(wanted)) continue;
    const advice = didYouMean(wanted, names, "names");
    throw new CommandError("--only", "a name that is exported", JSON.stringify(wanted), advice);
  }
  return only.length > 0 ? all.filter(({ name }) => only.includes(name)) : all;
}

function runCell({ loaded, name }: Task, check: string, options: Options): Cell {
  const { runs, seed, path } = options;
  const given = {
    ...(runs && { runs }),
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  };
  const [result] = loaded.testing.checkResults(loaded.subjects.get(name)!, {
    only: [check],
    name,
    ...given,
  });
  return { ...result, replay: result.failure && replayOf(loaded.file, result) };
}

const replayOf = (file: string, { subject, check, failure }: CheckResult): string =>
  [
    "npx wengert gradcheck",
    quote(file),
    `--only ${quote(subject)}`,
    `--check ${quote(check)}`,
    `--seed ${failure!.seed}`,
    `--path=${failure!.path}`,
  ].join(" ");

/** For a shell. */
const quote = (text: string): string =>
  /^[\w./@:+-]+$/.test(text) ? text : `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;

/** Lets Ctrl-C and the terminal have a turn: a check never waits for anything itself. */
const breathe = (): Promise<void> => new Promise((done) => setImmediate(done));

/** The largest error among the results of a check, and whose it is. */
export function worstOf(report: Report, check: string): { name: string; error: number } | null {
  let worst: { name: string; error: number } | null = null;
  for (const { name, cells } of report.rows) {
    const cell = cells.find((it) => it.check === check && it.status === "passed");
    if (cell && cell.worstError > (worst?.error ?? 0)) worst = { name, error: cell.worstError };
  }
  return worst;
}

/** The largest error of a row in float64; that of float32 is another matter. */
export function worstOfRow({ columns }: Report, { cells }: Row): number {
  const counted = cells.filter((_, i) => !columns[i].isSingle);
  return Math.max(0, ...counted.map((cell) => cell.worstError));
}

/** A failure, and all checks that end with it: a function that throws fails each of them alike. */
export interface Finding {
  readonly cell: Cell;
  readonly others: readonly Cell[];
}

export function findingsOf({ cells }: Row): Finding[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    if (cell.failure === null) continue;
    const { message } = cell.failure.error;
    groups.set(message, [...(groups.get(message) ?? []), cell]);
  }
  return [...groups.values()].map(([cell, ...others]) => ({ cell, others }));
}

export const cellsOf = ({ rows }: Report): Cell[] => rows.flatMap(({ cells }) => cells);
