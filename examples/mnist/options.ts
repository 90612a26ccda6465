import { parseArgs } from "node:util";
import { DEFAULT_LEARNING_RATE, DEFAULTS, OPTIMIZERS, type OptimizerName } from "./defaults.ts";
import { UsageError } from "./errors.ts";
import { nearest } from "./suggest.ts";

export interface Options {
  /** The sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly optimizer: OptimizerName;
  readonly seed: number;
  /** How many training images are used: the first so many of the file. */
  readonly limit: number;
  /** The folder for the results; undefined asks for a new one under `runs/`. */
  readonly out: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const FLAGS = {
  hidden: { type: "string" },
  epochs: { type: "string" },
  batch: { type: "string" },
  lr: { type: "string" },
  optimizer: { type: "string" },
  seed: { type: "string" },
  limit: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Flag = keyof typeof FLAGS;
const NAMES = Object.keys(FLAGS) as Flag[];

const MAX_LAYERS = 8;
const MAX_UNITS = 4096;
const MAX_SEED = 2 ** 32 - 1;

/** Reads the command line; throws a UsageError that names what is wrong with it. */
export function parseOptions(args: readonly string[]): Options {
  const given = readFlags(args);
  const optimizer = readOptimizer(given.get("optimizer"));
  const integer = (flag: "epochs" | "batch" | "seed" | "limit", low: number, high: number) =>
    readInteger(flag, given.get(flag), low, high);
  return {
    hidden: readHidden(given.get("hidden")),
    epochs: integer("epochs", 1, 1000),
    batch: integer("batch", 1, 60_000),
    lr: readLearningRate(given.get("lr"), optimizer),
    optimizer,
    seed: integer("seed", 0, MAX_SEED),
    limit: integer("limit", 1, 60_000),
    out: readOut(given.get("out")),
    json: given.has("json"),
    help: given.has("help"),
  };
}

/** The flags that were given and their texts, before any of the texts is looked at. */
function readFlags(args: readonly string[]): Map<Flag, string> {
  // Not strict: parseArgs' own errors say neither what was expected nor what was meant.
  const { tokens } = parseArgs({
    args: [...args],
    options: FLAGS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<Flag, string>();
  for (const token of tokens) {
    if (token.kind === "positional") throw unexpectedArgument(token.value);
    if (token.kind !== "option") continue;
    const flag = NAMES.find((name) => name === token.name);
    if (flag === undefined) throw unknownOption(token.rawName);
    const takesValue = FLAGS[flag].type === "string";
    if (takesValue && (token.value === undefined || token.value.startsWith("--"))) {
      throw new UsageError({
        subject: `--${flag}`,
        expected: "a value",
        received: token.value === undefined ? "none" : `the next option, ${token.value}`,
        advice: `Write for example --${flag} ${EXAMPLES[flag as keyof typeof EXAMPLES]}.`,
      });
    }
    if (!takesValue && token.value !== undefined) {
      throw new UsageError({
        subject: `--${flag}`,
        expected: "no value",
        received: quote(token.value),
        advice: `Write --${flag} alone.`,
      });
    }
    given.set(flag, token.value ?? "");
  }
  return given;
}

const EXAMPLES = {
  hidden: "300,100",
  epochs: String(DEFAULTS.epochs),
  batch: String(DEFAULTS.batch),
  lr: String(DEFAULT_LEARNING_RATE[DEFAULTS.optimizer]),
  optimizer: "adamw",
  seed: "7",
  limit: "5000",
  out: "runs/first",
};

function unknownOption(rawName: string): UsageError {
  const meant = nearest(rawName.replace(/^-+/, ""), NAMES);
  return new UsageError({
    subject: rawName,
    expected: "an option of this program",
    received: "an unknown one",
    advice: meant === undefined ? `The options are ${listOfFlags()}.` : `Did you mean --${meant}?`,
  });
}

function unexpectedArgument(value: string): UsageError {
  const meant = nearest(value, NAMES);
  return new UsageError({
    subject: value,
    expected: "only options, which begin with --",
    received: "a bare argument",
    advice: meant === undefined ? `Leave ${quote(value)} out.` : `Did you mean --${meant}?`,
  });
}

function readInteger(
  flag: "epochs" | "batch" | "seed" | "limit",
  text: string | undefined,
  low: number,
  high: number,
): number {
  if (text === undefined) return DEFAULTS[flag];
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= low && value <= high) return value;
  throw new UsageError({
    subject: `--${flag}`,
    expected: `a whole number from ${low} to ${high}`,
    received: quote(text),
    advice: `Write for example --${flag} ${EXAMPLES[flag]}.`,
  });
}

function readHidden(text: string | undefined): readonly number[] {
  if (text === undefined) return DEFAULTS.hidden;
  const sizes = text.split(",").map((part) => (/^\d{1,5}$/.test(part.trim()) ? +part : NaN));
  if (sizes.length <= MAX_LAYERS && sizes.every((size) => size >= 1 && size <= MAX_UNITS)) {
    return sizes;
  }
  throw new UsageError({
    subject: "--hidden",
    expected: `1 to ${MAX_LAYERS} layer sizes from 1 to ${MAX_UNITS} with commas between them`,
    received: quote(text),
    advice: "Write for example --hidden 300 or --hidden 300,100.",
  });
}

function readLearningRate(text: string | undefined, optimizer: OptimizerName): number {
  if (text === undefined) return DEFAULT_LEARNING_RATE[optimizer];
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 10) return value;
  throw new UsageError({
    subject: "--lr",
    expected: "a learning rate above 0 and up to 10",
    received: quote(text),
    advice: `Write for example --lr ${DEFAULT_LEARNING_RATE[optimizer]}.`,
  });
}

function readOptimizer(text: string | undefined): OptimizerName {
  if (text === undefined) return DEFAULTS.optimizer;
  const found = OPTIMIZERS.find((name) => name === text.toLowerCase());
  if (found !== undefined) return found;
  const meant = nearest(text, OPTIMIZERS) ?? DEFAULTS.optimizer;
  throw new UsageError({
    subject: "--optimizer",
    expected: `one of ${OPTIMIZERS.join(", ")}`,
    received: quote(text),
    advice: `Write for example --optimizer ${meant}.`,
  });
}

function readOut(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() !== "") return text;
  throw new UsageError({
    subject: "--out",
    expected: "a folder for the results",
    received: quote(text),
    advice: "Write for example --out runs/first, or leave --out away for a new folder.",
  });
}

function listOfFlags(): string {
  return NAMES.map((name) => `--${name}`).join(", ");
}

/** The text in quotes, shortened where someone pasted a novel. */
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
