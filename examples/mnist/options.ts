import { Flags, MAX_SEED } from "../shared/flags.ts";
import {
  DEFAULT_EPOCHS,
  DEFAULT_LEARNING_RATE,
  DEFAULTS,
  MODELS,
  OPTIMIZERS,
  type ModelName,
  type OptimizerName,
} from "./defaults.ts";

export interface Options {
  readonly model: ModelName;
  /** The sizes of the hidden layers of the model "mlp". */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly optimizer: OptimizerName;
  readonly seed: number;
  /** How many training images are used: the first so many of the file. */
  readonly limit: number;
  /** Whether ops run one by one as they are called, not compiled to one program. */
  readonly eager: boolean;
  /** The folder for the results; undefined asks for a new one under `runs/`. */
  readonly out: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const FLAGS = {
  model: { example: "lenet5" },
  hidden: { example: "300,100" },
  epochs: { example: String(DEFAULT_EPOCHS.mlp) },
  batch: { example: String(DEFAULTS.batch) },
  lr: { example: String(DEFAULT_LEARNING_RATE[DEFAULTS.optimizer]) },
  optimizer: { example: "adamw" },
  seed: { example: "7" },
  limit: { example: "5000" },
  eager: {},
  out: { example: "runs/first" },
  json: {},
  help: { short: "h" },
} as const;
type Given = Flags<keyof typeof FLAGS>;

const MAX_LAYERS = 8;
const MAX_UNITS = 4096;

/** Reads the command line; throws a UsageError that names what is wrong with it. */
export function parseOptions(args: readonly string[]): Options {
  const flags: Given = new Flags(FLAGS, args);
  const model = flags.choice("model", DEFAULTS.model, MODELS);
  const optimizer = flags.choice("optimizer", DEFAULTS.optimizer, OPTIMIZERS);
  return {
    model,
    hidden: readHidden(flags, model),
    epochs: flags.integer("epochs", DEFAULT_EPOCHS[model], 1, 1000),
    batch: flags.integer("batch", DEFAULTS.batch, 1, 60_000),
    lr: flags.number("lr", DEFAULT_LEARNING_RATE[optimizer], {
      expected: "a learning rate above 0 and up to 10",
      isValid: (value) => value > 0 && value <= 10,
    }),
    optimizer,
    seed: flags.integer("seed", DEFAULTS.seed, 0, MAX_SEED),
    limit: flags.integer("limit", DEFAULTS.limit, 1, 60_000),
    eager: flags.has("eager"),
    out: readOut(flags),
    json: flags.has("json"),
    help: flags.has("help"),
  };
}

function readHidden(flags: Given, model: ModelName): readonly number[] {
  const text = flags.text("hidden");
  if (text === undefined) return DEFAULTS.hidden;
  if (model !== "mlp") {
    const advice = `Leave --hidden out: the layers of ${model} are given. Or write --model mlp.`;
    throw flags.wrong("hidden", "the model mlp, whose layers it sizes", undefined, advice);
  }
  const sizes = text.split(",").map((part) => (/^\d{1,5}$/.test(part.trim()) ? +part : NaN));
  if (sizes.length <= MAX_LAYERS && sizes.every((size) => size >= 1 && size <= MAX_UNITS)) {
    return sizes;
  }
  const expected = `1 to ${MAX_LAYERS} layer sizes from 1 to ${MAX_UNITS} with commas between them`;
  throw flags.wrong("hidden", expected, "300 or --hidden 300,100");
}

function readOut(flags: Given): string | undefined {
  const text = flags.text("out");
  if (text === undefined || text.trim() !== "") return text;
  const advice = "Write for example --out runs/first, or leave --out away for a new folder.";
  throw flags.wrong("out", "a folder for the results", undefined, advice);
}
