import { Flags, MAX_SEED } from "../shared/flags.ts";
import { DEFAULTS } from "./defaults.ts";

export interface Options {
  readonly steps: number;
  /** How many blocks the model has. */
  readonly layers: number;
  /** How many features a character has. */
  readonly width: number;
  /** Divides the width. */
  readonly heads: number;
  /** How many characters the model sees. */
  readonly context: number;
  /** Windows of text per step. */
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  /** Whether ops run one by one as they are called, not compiled to one program. */
  readonly eager: boolean;
  /** How many characters it writes at the end. */
  readonly sample: number;
  /** What the logits are divided by before a character is drawn. */
  readonly temperature: number;
  readonly json: boolean;
  readonly help: boolean;
}

const FLAGS = {
  steps: { example: String(DEFAULTS.steps) },
  layers: { example: String(DEFAULTS.layers) },
  width: { example: String(DEFAULTS.width) },
  heads: { example: String(DEFAULTS.heads) },
  context: { example: String(DEFAULTS.context) },
  batch: { example: String(DEFAULTS.batch) },
  lr: { example: String(DEFAULTS.lr) },
  seed: { example: "7" },
  eager: {},
  sample: { example: String(DEFAULTS.sample) },
  temperature: { example: String(DEFAULTS.temperature) },
  json: {},
  help: { short: "h" },
} as const;

/** Reads the command line; throws a UsageError that names what is wrong with it. */
export function parseOptions(args: readonly string[]): Options {
  const flags = new Flags<keyof typeof FLAGS>(FLAGS, args);
  const width = flags.integer("width", DEFAULTS.width, 1, 2048);
  return {
    steps: flags.integer("steps", DEFAULTS.steps, 1, 1_000_000),
    layers: flags.integer("layers", DEFAULTS.layers, 1, 48),
    width,
    heads: readHeads(flags, width),
    context: flags.integer("context", DEFAULTS.context, 2, 1024),
    batch: flags.integer("batch", DEFAULTS.batch, 1, 1024),
    lr: flags.number("lr", DEFAULTS.lr, {
      expected: "a learning rate above 0 and up to 1",
      isValid: (value) => value > 0 && value <= 1,
    }),
    seed: flags.integer("seed", DEFAULTS.seed, 0, MAX_SEED),
    eager: flags.has("eager"),
    sample: flags.integer("sample", DEFAULTS.sample, 0, 1_000_000),
    temperature: flags.number("temperature", DEFAULTS.temperature, {
      expected: "a temperature above 0 and up to 10",
      isValid: (value) => value > 0 && value <= 10,
    }),
    json: flags.has("json"),
    help: flags.has("help"),
  };
}

/** Where only the width is given, the heads are the most up to the default that divide it. */
function readHeads(flags: Flags<keyof typeof FLAGS>, width: number): number {
  const divides = (heads: number) => width % heads === 0;
  let fitting: number = DEFAULTS.heads;
  while (!divides(fitting)) fitting--;
  const heads = flags.integer("heads", fitting, 1, width);
  if (divides(heads)) return heads;
  throw flags.wrong("heads", `a divisor of the width, ${width}`, String(fitting));
}
