// The command line of `wengert gradcheck`.
import { checkInfos } from "@wengert/autograd/testing";
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CommandError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

export interface Options {
  readonly files: readonly string[];
  /** Samples for each check; undefined for the default. */
  readonly runs: number | undefined;
  readonly seed: number | undefined;
  /** The choices of one sample, to replay it. */
  readonly path: string | undefined;
  /** Names of ops and functions; empty for all. */
  readonly only: readonly string[];
  /** Names of checks; empty for all. */
  readonly checks: readonly string[];
  /** Where JSON goes: a file, "-" for the standard output, undefined for nowhere. */
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly help: boolean;
}

/** Options that take a value, with an example of one; null for switches. */
const flags: Readonly<Record<string, string | null>> = {
  runs: "200",
  seed: "7",
  path: "0.1.997",
  only: "swish",
  check: "reverse",
  json: "report.json",
  html: "report.html",
  help: null,
};

export const help = `wengert gradcheck FILE… [options]

Checks the derivatives of everything that a module exports: ops made by defineOp, and functions made
checkable(f, samples). A file is .js, .mjs or, on Node 22.18 and later, .ts; a pattern such as "src/*.ts"
stands for the files that it matches.

  --only NAME        only this op or function (may be repeated, or a list with commas)
  --check NAME       only this check: ${wrap(checkInfos.map((check) => check.name))}
  --runs N           samples for each check (default: 50; costly checks take a share of them)
  --seed N           what samples are drawn by (default: 1964)
  --path CHOICES     replays one sample, as the report of a failure says
  --json [FILE.json] writes the results as JSON, to the standard output without a file
  --html FILE        writes them as a page of its own
  --help             prints this; wengert --version prints the version

It ends with 0 when all checks pass, with 1 when one fails, with 2 when it cannot do what it is asked.
`;

/** Words with commas, in lines that fit beside the options. */
function wrap(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last.length + word.length > 50) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last}, ${word}`;
  }
  return lines.join(`,\n${" ".repeat(21)}`);
}

export function parseOptions(args: readonly string[]): Options {
  const { tokens } = parseArgs({
    args: joinJson(args),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(flags).map(([name, example]) => [
        name,
        { type: example === null ? "boolean" : "string", ...(name === "help" && { short: "h" }) },
      ]),
    ),
  });
  const given = new Map<string, string[]>();
  const files: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") files.push(token.value);
    if (token.kind !== "option") continue;
    checkFlag(token.name, token.rawName, token.value);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ""]);
  }
  const last = (name: string): string | undefined => given.get(name)?.at(-1);
  const list = (name: string): string[] =>
    (given.get(name) ?? []).flatMap((value) => value.split(",").map((word) => word.trim()));
  const options: Options = {
    files,
    runs: integer("runs", last("runs"), 1),
    seed: integer("seed", last("seed"), 0),
    path: last("path"),
    only: list("only"),
    checks: list("check").map(checkName),
    json: last("json"),
    html: last("html"),
    help: given.has("help"),
  };
  if (!options.help) checkTogether(options);
  return options;
}

/** `--json` may stand without a value, which parseArgs does not know. */
function joinJson(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] !== "--json") joined.push(args[i]);
    else if (args[i + 1]?.endsWith(".json")) joined.push(`--json=${args[++i]}`);
    else joined.push("--json=-");
  }
  return joined;
}

function checkFlag(name: string, rawName: string, value: string | undefined): void {
  if (!Object.hasOwn(flags, name)) {
    const names = Object.keys(flags).map((flag) => `--${flag}`);
    const advice = didYouMean(rawName, names, "options");
    throw new CommandError(rawName, "an option of wengert gradcheck", "an unknown one", advice);
  }
  const example = flags[name];
  if (example === null && value !== undefined) {
    throw new CommandError(rawName, "no value", JSON.stringify(value), `Write ${rawName} alone.`);
  }
  // A sample may take no choices to draw, and then has an empty path.
  const isEmpty = value === undefined || (value === "" && name !== "path");
  if (example !== null && (isEmpty || value!.startsWith("--"))) {
    const got = value ? `the next option, ${value}` : "none";
    throw new CommandError(rawName, "a value", got, `Write e.g. --${name} ${example}.`);
  }
}

function integer(name: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= min) return Number(text);
  const expected = `a whole number from ${min} to 999999999`;
  throw new CommandError(`--${name}`, expected, JSON.stringify(text), `Write e.g. --${name} 7.`);
}

function checkName(wanted: string): string {
  const found = checkInfos.find(({ name, label }) => wanted === name || wanted === label);
  if (found) return found.name;
  const names = checkInfos.map(({ name }) => name);
  const advice = didYouMean(wanted, names, "checks");
  throw new CommandError("--check", "the name of a check", JSON.stringify(wanted), advice);
}

function checkTogether({ files, path, only, checks, json, html }: Options): void {
  if (files.length === 0) {
    throw new CommandError(
      "wengert gradcheck",
      "a file to check",
      "none",
      "Write e.g. npx wengert gradcheck ops.ts.",
    );
  }
  if (path !== undefined && (only.length !== 1 || checks.length !== 1 || files.length !== 1)) {
    throw new CommandError(
      "--path",
      "one file, one --only and one --check beside it",
      `${files.length}, ${only.length} and ${checks.length}`,
      "Copy the whole line from the report of the failure.",
    );
  }
  if (path !== undefined && !/^(-?\d+(\.-?\d+)*)?$/.test(path)) {
    const expected = "whole numbers with dots between them";
    throw new CommandError("--path", expected, JSON.stringify(path), "Copy it from a report.");
  }
  for (const [flag, file] of [
    ["--json", json],
    ["--html", html],
  ] as const) {
    if (file !== undefined && file !== "-") checkTarget(flag, file);
  }
}

/** Before anything runs: a report that cannot be written is a pity after a minute. */
function checkTarget(flag: string, file: string): void {
  const folder = dirname(resolve(file));
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new CommandError(flag, "a file", `the folder ${file}`, "Name a file in it.");
  }
  if (existsSync(folder)) return;
  const expected = "a file in a folder that is there";
  throw new CommandError(flag, expected, file, `Make the folder first: mkdir -p ${folder}`);
}
