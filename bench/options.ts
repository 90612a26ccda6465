import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { WORKLOAD_IDS, type WorkloadId } from "./types.ts";

export interface Options {
  readonly only: readonly WorkloadId[];
  readonly peers: boolean;
  /** The Python that has PyTorch; undefined: look for one. */
  readonly python: string | undefined;
  readonly quick: boolean;
  /** Whether to measure first calls, kernels by threads and memory, too. */
  readonly figures: boolean;
  /** Where to write the results as JSON. */
  readonly json: string | undefined;
  readonly plots: boolean;
  /** Whether to do without vectors of 256 bits. */
  readonly narrow: boolean;
  readonly help: boolean;
}

const FLAGS = {
  only: { type: "string" },
  "no-peers": { type: "boolean" },
  python: { type: "string" },
  quick: { type: "boolean" },
  "no-figures": { type: "boolean" },
  json: { type: "string" },
  plots: { type: "boolean" },
  narrow: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Flag = keyof typeof FLAGS;
const NAMES = Object.keys(FLAGS) as Flag[];

const EXAMPLES = { only: "xor,matmul512", python: "/usr/bin/python3", json: "results.json" };

export const HELP = `npm run bench -- [options]

Times training steps and products, ours and those of PyTorch, jax-js and TensorFlow.js, in one run.

  --only IDS      only these workloads, with commas between them:
                  ${WORKLOAD_IDS.slice(0, 5).join(", ")},
                  ${WORKLOAD_IDS.slice(5).join(", ")}
  --no-peers      only our own times
  --python PATH   a Python that can import torch (default: python3, /usr/bin/python3)
  --quick         fewer samples: for trying the benchmark out, not for figures to keep
  --no-figures    only times of steps: not the first calls, the kernels on one and two threads, the
                  memory
  --json FILE     writes the results as JSON, too; the figures go to a second file beside it, with
                  .figures before its ending
  --plots         instead of the table: how an MLP's step grows with batch, width, depth and
                  threads, as docs/plots/*.svg
  --narrow        our own code with vectors of 128 bits only, as it is where setWideVectors(true) is
                  not called
  --help          this text

Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

/** An error of the command line: it is shown as its message, without a stack trace. */
export class UsageError extends Error {
  constructor(subject: string, expected: string, got: string, advice: string) {
    super(`${subject}: expected ${expected}, got ${got}. ${advice}`);
    this.name = "UsageError";
  }
}

/** Reads the command line; throws a UsageError that names what is wrong with it. */
export function parseOptions(args: readonly string[]): Options {
  const given = readFlags(args);
  return {
    only: readOnly(given.get("only")),
    peers: !given.has("no-peers"),
    python: given.get("python"),
    quick: given.has("quick"),
    figures: !given.has("no-figures"),
    json: readJson(given.get("json")),
    plots: given.has("plots"),
    narrow: given.has("narrow"),
    help: given.has("help"),
  };
}

function readFlags(args: readonly string[]): Map<Flag, string> {
  // Not strict: parseArgs' own errors do not say which options there are.
  const { tokens } = parseArgs({
    args: [...args],
    options: FLAGS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<Flag, string>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      const advice = isWorkload(token.value) ? `Write --only ${token.value}.` : listOfOptions();
      throw new UsageError(token.value, "an option, which begins with --", "a bare word", advice);
    }
    if (token.kind !== "option") continue;
    const flag = NAMES.find((name) => name === token.name);
    if (flag === undefined) {
      throw new UsageError(token.rawName, "a known option", "an unknown one", listOfOptions());
    }
    given.set(flag, readValue(flag, token.value));
  }
  return given;
}

function readValue(flag: Flag, value: string | undefined): string {
  if (FLAGS[flag].type === "boolean") {
    if (value === undefined) return "";
    const got = JSON.stringify(value);
    throw new UsageError(`--${flag}`, "no value", got, `Write --${flag} alone.`);
  }
  if (value !== undefined && value !== "" && !value.startsWith("--")) return value;
  const example = EXAMPLES[flag as keyof typeof EXAMPLES];
  const got = value === undefined ? "none" : JSON.stringify(value);
  throw new UsageError(`--${flag}`, "a value", got, `Write e.g. --${flag} ${example}.`);
}

const listOfOptions = (): string =>
  `The options are ${NAMES.map((name) => `--${name}`).join(", ")}.`;

const isWorkload = (id: string): id is WorkloadId => WORKLOAD_IDS.some((known) => known === id);

/** Workloads in the order of the table, whatever the order they are asked for in. */
function readOnly(text: string | undefined): readonly WorkloadId[] {
  if (text === undefined) return WORKLOAD_IDS;
  const asked = text.split(",").map((id) => id.trim());
  const unknown = asked.find((id) => !isWorkload(id));
  if (unknown === undefined) return WORKLOAD_IDS.filter((id) => asked.includes(id));
  const advice = `The workloads are ${WORKLOAD_IDS.join(", ")}.`;
  const expected = "workloads with commas between them";
  throw new UsageError("--only", expected, JSON.stringify(unknown), advice);
}

/** Minutes of measuring should not end with a file that cannot be written. */
function readJson(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const path = resolve(file);
  const isFolder = (name: string) =>
    statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder(path)) {
    throw new UsageError("--json", "a file", `the folder ${file}`, `Write --json ${file}/b.json.`);
  }
  if (isFolder(dirname(path))) return path;
  const got = `one in ${dirname(path)}, which is not there`;
  throw new UsageError("--json", "a file in a folder that exists", got, "Make the folder first.");
}
