import {
  checkOptions,
  describeValue,
  noGrad,
  OptionError,
  zeros,
  type CreateOptions,
  type Tensor,
} from "@wengert/autograd";
import { Module } from "./module.ts";

/** One module of a model. */
export interface SummaryRow {
  /** Its dotted name; "" for the model itself. */
  readonly name: string;
  /** The name of its class. */
  readonly type: string;
  /** The shape of its output; null where no forward pass reached it, or none was made. */
  readonly outputShape: readonly number[] | null;
  /** The number of elements of its parameters, without those of the modules inside of it. */
  readonly parameters: number;
}

export interface SummaryOptions {
  /** The dtype of the input. Default: that of the first parameter, else float32. */
  readonly dtype?: CreateOptions["dtype"];
}

/** A model's layers, output shapes and numbers of parameters; prints as a table. */
export class Summary {
  readonly rows: readonly SummaryRow[];
  /** The number of elements of all parameters; shared ones count once. */
  readonly parameters: number;
  /** The same of those that are not frozen. */
  readonly trainable: number;

  constructor(rows: readonly SummaryRow[], parameters: number, trainable: number) {
    this.rows = rows;
    this.parameters = parameters;
    this.trainable = trainable;
  }

  toString(): string {
    const cells = this.rows.map(({ name, type, outputShape, parameters }) => [
      name === "" ? type : `${"  ".repeat(name.split(".").length)}${name}: ${type}`,
      outputShape ? `[${outputShape.join(", ")}]` : "",
      count(parameters),
    ]);
    const table = [["Layer", "Output shape", "Parameters"], ...cells];
    const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
    const [first, second, third] = widths;
    const lines = table.map(([layer, shape, size]) =>
      [layer.padEnd(first), shape.padEnd(second), size.padStart(third)].join("  "),
    );
    const rule = "─".repeat(first + second + third + 4);
    const frozen = this.parameters - this.trainable;
    const total = `${count(this.parameters)} parameters`;
    const note = frozen > 0 ? `${total}, ${count(frozen)} of them frozen` : total;
    return [lines[0], rule, ...lines.slice(1), rule, note].join("\n");
  }

  /** Node prints this in console.log. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** With commas between thousands, whatever the locale. */
const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

/**
 * What a model consists of. With an input shape, zeros of it are run through the model, as after
 * `eval()` and off the tape, to see the shapes of the outputs.
 * @throws ShapeError and others that the model's forward throws for this input.
 * @example console.log(String(summary(model, [64, 784])));
 */
export function summary(
  model: Module,
  inputShape?: readonly number[],
  options: SummaryOptions = {},
): Summary {
  if (!(model instanceof Module)) {
    throw new OptionError({
      where: "summary",
      expected: "a module",
      got: describeValue(model),
      fix: "Write e.g. summary(new Linear(2, 3), [64, 2]).",
    });
  }
  checkOptions("summary", options, ["dtype"]);
  const parameters = model.parameters();
  const dtype = options.dtype ?? parameters[0]?.dtype;
  const shapes = inputShape ? outputShapes(model, zeros(inputShape, { dtype })) : null;
  const counted = new Set<Tensor>();
  const rows = model.namedModules().map(([name, module]) => {
    const inner = new Set(module.children().flatMap((child) => child.parameters()));
    const own = module.parameters().filter((tensor) => !inner.has(tensor) && !counted.has(tensor));
    for (const tensor of own) counted.add(tensor);
    const outputShape = shapes?.get(module) ?? null;
    return { name, type: module.constructor.name, outputShape, parameters: sizeOf(own) };
  });
  const trainable = parameters.filter((tensor) => tensor.requiresGrad);
  return new Summary(rows, sizeOf(parameters), sizeOf(trainable));
}

const sizeOf = (tensors: readonly Tensor[]): number =>
  tensors.reduce((total, { size }) => total + size, 0);

/** The output shape of each module's first forward pass. */
function outputShapes(model: Module, input: Tensor): Map<Module, readonly number[]> {
  const shapes = new Map<Module, readonly number[]>();
  const modules = model.modules();
  const flags = modules.map((module) => module.training);
  const ends = modules.map((module) =>
    module.onForward((_, __, { shape }) => {
      if (!shapes.has(module)) shapes.set(module, shape);
    }),
  );
  try {
    model.eval();
    noGrad(() => model.forward(input));
  } finally {
    for (const end of ends) end();
    modules.forEach((module, i) => (module.training = flags[i]));
  }
  return shapes;
}
