// Random programs as text: what is printed is what runs.
import * as autograd from "@wengert/autograd";
import { Generator, Tensor, WengertError, type DType } from "@wengert/autograd";
import { reference, setExecutor } from "@wengert/autograd/compiler";
import { Chooser, isFloat, maxSize, type Template, type Value } from "./chooser.ts";
import { pointwiseTemplates } from "./pointwise.ts";
import { effectTemplates, structureTemplates } from "./structure.ts";

/** What a property test draws; small numbers are simple programs. */
export interface Genes {
  readonly seed: number;
  /** float32, float64, or both. */
  readonly dtypes: number;
  /** How the program is used; see `modes`. */
  readonly mode: number;
  /** Whether NaN, infinities and zeros are among the inputs. */
  readonly isWild: boolean;
  readonly inputs: readonly number[];
  readonly steps: readonly (readonly number[])[];
  readonly outputs: readonly number[];
}

export const modes = ["values", "grad", "tape", "jvp", "vmap", "per example"] as const;
export type Mode = (typeof modes)[number];

export interface RandomProgram {
  readonly mode: Mode;
  /** How many examples vmap is given: a few, or so many that threads share the work. */
  readonly batch: number;
  readonly inputs: readonly Source[];
  readonly cells: readonly Source[];
  /** The statements, one value or one assignment each. */
  readonly lines: readonly string[];
  readonly outputs: readonly Value[];
}

/** A tensor that the program is given. */
export interface Source extends Value {
  readonly data: readonly number[];
}

const shapes: readonly (readonly number[])[] = [
  [3],
  [],
  [2, 3],
  [1],
  [5],
  [3, 1],
  [2, 3, 4],
  [4, 4],
  [7, 5],
  [0],
  [2, 0, 3],
  [1, 3],
  [1, 2, 4, 4],
  [2, 1, 5, 5],
  [17],
  [2, 3, 4, 5],
  [3, 33],
  [1, 1, 1],
  [2, 3, 5, 6],
  [3, 2, 3, 3],
];

const dtypeSets: readonly (readonly DType[])[] = [["float32"], ["float64"], ["float32", "float64"]];

/** A small generator for data: the tests' own, so that shrinking changes nothing else. */
export function randoms(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
    x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

const special = [0, -0, Infinity, -Infinity, NaN, 1, -1, 0];

export function elements({ dtype, shape }: Value, random: () => number, isWild: boolean): number[] {
  return Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => {
    if (dtype === "bool") return random() < 0.5 ? 0 : 1;
    if (dtype === "int32") return Math.floor(random() * 8) - 3;
    if (isWild && random() < 0.2) return special[Math.floor(random() * special.length)];
    const x = Math.round((random() * 4 - 2) * 1e4) / 1e4;
    return Math.fround(x);
  });
}

/** Makes a program of genes. Steps that make no sense where they stand are left out. */
export function grow(genes: Genes): RandomProgram {
  const random = randoms(genes.seed);
  const dtypes = dtypeSets[genes.dtypes % dtypeSets.length];
  const mode = modes[genes.mode % modes.length];
  const given = genes.inputs.map((choice, i): Value => {
    const shape = shapes[choice % shapes.length];
    const kind = Math.floor(choice / shapes.length) % 6;
    const dtype = kind === 4 ? "int32" : kind === 5 ? "bool" : dtypes[kind % dtypes.length];
    return { name: `x${i}`, dtype, shape };
  });
  const isBatched = mode === "vmap" || mode === "per example";
  const held: Value[] = isBatched
    ? []
    : [
        { name: "c0", dtype: dtypes[0], shape: [2, 3] },
        { name: "c1", dtype: dtypes[0], shape: [2, 3] },
        { name: "c2", dtype: "int32", shape: [3] },
        { name: "c3", dtype: dtypes[0], shape: [] },
      ];
  const filled = (value: Value): Source => ({
    ...value,
    data: elements(value, random, genes.isWild),
  });
  const inputs = given.map(filled);
  const cells = held.map(filled);
  const growth = new Growth(inputs, cells, dtypes, genes.isWild, mode === "values");
  const before = setExecutor(reference);
  try {
    for (const step of genes.steps) growth.step(step);
  } finally {
    setExecutor(before);
  }
  const computed = growth.values.slice(inputs.length + cells.length);
  const picks = new Chooser(genes.outputs, growth.values, [], dtypes);
  // What no other step uses, so that little is computed in vain, and what is used, too.
  const used = new Set(growth.lines.flatMap((line) => line.split("=")[1]?.match(/\w+/g) ?? []));
  const outputs = computed.filter(({ name }) => !used.has(name)).slice(-6);
  for (let i = 0; i < 2; i++) {
    const value = picks.value();
    if (value && !outputs.includes(value)) outputs.push(value);
  }
  const batch = genes.seed % 6 === 5 ? 50 : 3;
  return { mode, batch, inputs, cells, lines: growth.lines, outputs };
}

class Growth {
  readonly values: Value[];
  readonly lines: string[] = [];
  private readonly cells: readonly Value[];
  private readonly dtypes: readonly DType[];
  private readonly isWild: boolean;
  private readonly templates: readonly Template[];
  private readonly scope: Record<string, unknown>;

  constructor(
    inputs: readonly Source[],
    cells: readonly Source[],
    dtypes: readonly DType[],
    isWild: boolean,
    hasEffects: boolean,
  ) {
    this.values = [...cells, ...inputs];
    this.cells = cells;
    this.dtypes = dtypes;
    this.isWild = isWild;
    this.templates = [
      ...pointwiseTemplates,
      ...structureTemplates,
      ...(hasEffects ? [...effectTemplates, ...effectTemplates] : []),
    ];
    this.scope = scopeOf(new Generator(1), false);
    for (const source of [...cells, ...inputs]) this.scope[source.name] = tensorOf(source, false);
  }

  step([op, ...numbers]: readonly number[]): void {
    const chooser = new Chooser(numbers, this.values, this.cells, this.dtypes);
    const text = this.templates[op % this.templates.length](chooser);
    if (text === null) return;
    const name = `v${this.lines.length}`;
    let result: unknown;
    try {
      result = evaluate(text, this.scope);
    } catch (error) {
      if (error instanceof WengertError) return;
      throw new Error(`a template wrote ${text}`, { cause: error });
    }
    if (!(result instanceof Tensor)) {
      this.lines.push(`${text};`);
      return;
    }
    const value: Value = { name, dtype: result.dtype, shape: [...(result.shape as number[])] };
    if (result.size > maxSize || (!this.isWild && !isModerate(result))) return;
    this.lines.push(`const ${name} = ${text};`);
    this.values.push(value);
    this.scope[name] = result;
  }
}

const isModerate = ({ data }: Tensor): boolean => data.every((x: number) => Math.abs(x) < 1e3);

/** A function or value that a text stands for. */
export function evaluate(text: string, scope: Record<string, unknown>): unknown {
  const words = new Set(text.match(/\w+/g));
  const names = Object.keys(scope).filter((name) => words.has(name));
  // oxlint-disable-next-line typescript/no-implied-eval -- so that what is printed is what ran
  const make = new Function(...names, `"use strict"; return (${text});`) as (
    ...args: unknown[]
  ) => unknown;
  return make(...names.map((name) => scope[name]));
}

/** A source as a tensor; `isWide`: in double precision, with the same values. */
export function tensorOf(source: Source, isWide: boolean): Tensor {
  const { shape, data } = source;
  const dtype = isWide && isFloat(source) ? "float64" : source.dtype;
  const flat =
    dtype === "float64"
      ? Float64Array.from(data)
      : dtype === "float32"
        ? Float32Array.from(data)
        : dtype === "int32"
          ? Int32Array.from(data)
          : Uint8Array.from(data);
  return autograd.tensor(flat as never, { shape, dtype } as never);
}

/** What the text of a program may use beside its inputs and cells. */
export function scopeOf(generator: Generator, isWide: boolean): Record<string, unknown> {
  const drawing = (draw: typeof autograd.uniform, dtype: DType) => (shape: number[]) => {
    const x = draw(shape, { generator, dtype });
    return isWide ? autograd.cast(x, "float64") : x;
  };
  return {
    ...autograd,
    uniform32: drawing(autograd.uniform, "float32"),
    uniform64: drawing(autograd.uniform, "float64"),
    normal32: drawing(autograd.normal as typeof autograd.uniform, "float32"),
    normal64: drawing(autograd.normal as typeof autograd.uniform, "float64"),
    probe,
  };
}

/** Σ wᵢ·xᵢ with weights that tell the elements apart. */
function probe(x: Tensor): Tensor {
  const weights = Float64Array.from({ length: x.size }, (_, i) => 1 + ((i * 7) % 16) / 8);
  const w = autograd.tensor(weights, { shape: x.shape as number[] });
  return autograd.sum(autograd.mul(x, autograd.cast(w, x.dtype)));
}
