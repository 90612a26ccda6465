// docs/coverage.md: what each op can do, from its record alone.
import * as autograd from "@wengert/autograd";
import { programOf } from "@wengert/autograd/compiler";
import { checkResults, kinksOf, opsOf, sampleOf } from "@wengert/autograd/testing";
import { formatDocument } from "../support/document.ts";
import { shapesByName } from "./shapes.ts";

const { notBatchable, notDifferentiable } = autograd;
type Op = autograd.Op;
type OpFunction = autograd.OpFunction;

/** Samples that are looked at for each op. */
const looks = 20;

interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

const heads = [
  "op",
  "eager",
  "vjp",
  "jvp",
  "vmap",
  "second order",
  "compiled",
  "shape at compile time",
  "float64",
  "kinks",
];

export function coverageRows(): Row[] {
  const shapes = shapesByName();
  const names = new Map(Object.entries(autograd).map(([name, value]) => [value as unknown, name]));
  return opsOf(autograd)
    .map((f) => rowOf(f, shapes.get(names.get(f)!) ?? false))
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}

function rowOf(f: OpFunction, hasShape: boolean): Row {
  const { op } = f;
  const isHost = callsHost(op);
  const derivative = derivativeOf(op);
  return {
    name: op.name,
    cells: [
      isHost ? "✓ host" : "✓",
      derivative,
      op.jvp === notDifferentiable ? whyNot(op) : "✓",
      op.batch === notBatchable ? "– writes into a tensor" : "✓",
      op.vjp === notDifferentiable ? whyNot(op) : secondOrder(f),
      isHost ? "✓ called out to" : "✓",
      hasShape ? "✓" : "– a bare Tensor",
      float64(op),
      kinksOf(op).join(", ") || "none",
    ],
  };
}

function derivativeOf(op: Op): string {
  if (op.vjp === notDifferentiable) return whyNot(op);
  if (typeof op.vjp === "function") return "✓";
  const without = op.vjp.flatMap((rule, i) => (rule === null ? [i] : []));
  return without.length === 0 ? "✓" : `✓ not by input ${without.join(", ")}`;
}

/** Why there is nothing to differentiate, as the results say. */
function whyNot(op: Op): string {
  const { inputs, attrs } = sampleOf(op, 0);
  const specs = inputs.map(({ shape, dtype }) => ({ shape, dtype: doubleOf(dtype) }));
  const dtypes = new Set(op.shape(specs, attrs).map(({ dtype }) => dtype));
  if (op.batch === notBatchable) return "– an effect";
  return [...dtypes].every((dtype) => dtype === "int32" || dtype === "bool")
    ? `– yields ${[...dtypes].join(", ")}`
    : "– cut on purpose";
}

const doubleOf = (dtype: autograd.SampleArray["dtype"]): autograd.DType =>
  dtype === "float" ? "float64" : dtype;

function programsOf(op: Op) {
  return Array.from({ length: looks }, (_, i) => {
    const { inputs, attrs } = sampleOf(op, i);
    return programOf(
      op,
      inputs.map(({ shape, dtype }) => ({ shape, dtype: doubleOf(dtype) })),
      attrs,
    );
  });
}

const callsHost = (op: Op): boolean =>
  programsOf(op).some(({ steps }) => steps.some(({ kernel }) => kernel.kind === "host"));

/** Not what the record promises, but what a gradient of a gradient gives. */
function secondOrder(f: OpFunction): string {
  const [{ status, reason }] = checkResults(f, { only: ["second order"], runs: looks });
  return status === "passed" ? "✓" : `– ${reason ?? status}`;
}

function float64(op: Op): string {
  const samples = Array.from({ length: looks }, (_, i) => sampleOf(op, i));
  const dtypes = new Set(samples.flatMap(({ inputs }) => inputs.map(({ dtype }) => dtype)));
  if (dtypes.has("float")) return "✓";
  return `– takes ${[...dtypes].join(", ")}`;
}

export async function coveragePage(rows = coverageRows()): Promise<string> {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return formatDocument(`<!-- Written by \`npm run coverage-page\`; do not edit. -->

# What each op can do

From the records of the ${rows.length} exported ops. A dash says why not: an op that yields integers or masks has no
derivative, one that writes into a tensor is an effect, and one that is _cut on purpose_ stops gradients. Where a
shape depends on labels, ranges or widths among the options the compiler has _a bare Tensor_. _Host_ ops
are TypeScript functions, which compiled programs call out to. _Kinks_ are the values and ties inside of a domain
that samples leave out, as the records declare them (edges of domains, poles and singular matrices are outside: samples do
not come there); each has an exact test of its own. _Second order_ is measured: the
gradient of the gradient agrees with finite differences.

${line(heads)}${line(heads.map(() => "---"))}${rows.map(({ name, cells }) => line([`\`${name}\``, ...cells])).join("")}`);
}
