// A long linear recurrence h = a·h + b (a running product has no b) in blocks, so that lanes and threads have
// something to do side by side. What a block makes of the carry h that comes into it is A·h + B, where A is the
// product of its a, and B what the recurrence gives from h = 0. So the carries that come into the blocks are a short
// recurrence over A and B, and from them the blocks are done side by side, as they would be one after the other.
// (P. M. Kogge, H. S. Stone, "A parallel algorithm for the efficient solution of a general class of recurrence
// equations", 1973.)
//
// A may overflow where h is 0, and lose what underflows in between. So it is looked at whether each block ends with
// the carry that the next one began with; if not, all is done again, one after the other. Whether that happens
// depends on the values alone, not on threads.
import { sizeOf } from "@wengert/autograd/compiler";
import type { DType } from "@wengert/autograd";
import type { Instr, Operand, ScanKernel } from "./ir.ts";
import type { Binding, Buffer, Group, LoopGroup, ScanGroup } from "./group.ts";

/** How far the two carries may be apart, relatively: more than rounding makes of it in a usual recurrence, and
 *  less than what would be noticed. */
const tolerance = { float32: 2 ** -10, float64: 2 ** -34 } as const;

interface Affine {
  /** The instruction a·h. */
  readonly product: number;
  readonly hasTerm: boolean;
}

/** The recurrence as a·h or a·h + b, where a and b do not look at h; null if it is no such thing. */
function affine({ instrs, value }: ScanKernel): Affine | null {
  const looks: boolean[] = [];
  const isCarry = (id: number): boolean => {
    const instr = instrs[id];
    return instr.kind === "load" && instr.operand === 0;
  };
  instrs.forEach((instr, id) => {
    const args = instr.kind === "call" ? instr.args : instr.kind === "cast" ? [instr.arg] : [];
    looks.push(isCarry(id) || args.some((arg) => looks[arg]));
  });
  const isProduct = (id: number): boolean => {
    const instr = instrs[id];
    if (instr.kind !== "call" || instr.fn !== "mul") return false;
    return (
      instr.args.filter(isCarry).length === 1 && instr.args.filter((it) => looks[it]).length === 1
    );
  };
  if (isProduct(value)) return { product: value, hasTerm: false };
  const step = instrs[value];
  if (step.kind !== "call" || step.fn !== "add") return null;
  const [product, ...others] = step.args.filter((it) => looks[it]);
  return product !== undefined && others.length === 0 && isProduct(product)
    ? { product, hasTerm: true }
    : null;
}

/** The groups that do a scan in so many blocks; null if it is no linear recurrence. */
export function recurrenceInBlocks(
  group: ScanGroup,
  buffers: Buffer[],
  blocks: number,
): Group[] | null {
  const form = affine(group.kernel);
  const { output } = group.kernel;
  const to = group.bindings[output].buffer;
  // What it reads is read once more.
  const isInPlace = group.bindings.some(({ buffer }, i) => i > 0 && i !== output && buffer === to);
  return form && !isInPlace ? new Blocks(group, form, buffers, blocks).groups() : null;
}

class Blocks {
  private readonly group: ScanGroup;
  private readonly form: Affine;
  private readonly buffers: Buffer[];
  private readonly blocks: number;
  private readonly dtype: DType;
  private readonly outer: readonly number[];
  /** Steps of a block, and how many are left behind the last one. */
  private readonly size: number;
  private readonly rest: number;
  /** The carries that come into the blocks and into what is left, for each row. */
  private readonly starts: number;

  constructor(group: ScanGroup, form: Affine, buffers: Buffer[], blocks: number) {
    this.group = group;
    this.form = form;
    this.buffers = buffers;
    this.blocks = blocks;
    const { dims, operands } = group.kernel;
    this.dtype = operands[0].dtype;
    this.outer = dims.slice(0, -1);
    this.size = Math.floor(dims.at(-1)! / blocks);
    this.rest = dims.at(-1)! - blocks * this.size;
    this.starts = this.temporary(blocks + 1);
  }

  groups(): Group[] {
    const { kernel } = this.group;
    const { product, hasTerm } = this.form;
    const factors = this.temporary(this.blocks);
    const terms = hasTerm ? this.temporary(this.blocks) : -1;
    const isExact = this.dtype === "int32";
    return [
      this.total(factors, { init: 1, value: product }),
      ...(hasTerm ? [this.total(terms, { init: 0, value: kernel.value })] : []),
      this.first(),
      this.chain(factors, terms),
      ...this.within(),
      ...(isExact ? [] : this.checked()),
    ];
  }

  private temporary(each: number): number {
    const size = sizeOf(this.outer) * each;
    return this.buffers.push({ dtype: this.dtype, size, role: { kind: "temporary" } }) - 1;
  }

  /** The strides of a temporary along the rows. */
  private across(each: number): number[] {
    return this.outer.map((_, d) => each * sizeOf(this.outer.slice(d + 1)));
  }

  /** An operand along the dims of rows, blocks, and steps of a block. */
  private cut({ dtype, strides }: Operand): Operand {
    const along = strides.at(-1)!;
    return { dtype, strides: [...strides.slice(0, -1), along * this.size, along] };
  }

  /** What each block ends with: all of its steps are stored at one place. */
  private total(to: number, { init, value }: Pick<ScanKernel, "init" | "value">): ScanGroup {
    const { kernel, bindings } = this.group;
    const { output } = kernel;
    const end = { dtype: this.dtype, strides: [...this.across(this.blocks), 1, 0] };
    return {
      ...this.group,
      kernel: {
        ...kernel,
        dims: [...this.outer, this.blocks, this.size],
        operands: kernel.operands.map((it) => this.cut(it)).with(output, end),
        init,
        value,
      },
      bindings: bindings.with(output, { buffer: to, offset: 0 }),
    };
  }

  private first(): LoopGroup {
    const { dtype, group, outer } = this;
    return {
      kind: "loop",
      kernel: {
        dims: outer,
        rowDims: 0,
        operands: [{ dtype, strides: this.across(this.blocks + 1) }],
        instrs: [{ kind: "const", value: group.kernel.init, dtype }],
        stores: [{ operand: 0, value: 0 }],
      },
      bindings: [{ buffer: this.starts, offset: 0 }],
      origins: group.origins,
    };
  }

  /** The carry out of each block: A·h + B. */
  private chain(factors: number, terms: number): ScanGroup {
    const { dtype, group, blocks, form } = this;
    const operand = (each: number): Operand => ({ dtype, strides: [...this.across(each), 1] });
    const nowhere = { dtype, strides: [...this.outer.map(() => 0), 0] };
    const term = { buffer: terms, offset: 0 };
    return {
      kind: "scan",
      kernel: {
        dims: [...this.outer, blocks],
        operands: [
          nowhere,
          operand(blocks),
          operand(blocks + 1),
          ...(form.hasTerm ? [operand(blocks)] : []),
        ],
        instrs: [
          { kind: "load", operand: 0, dtype },
          { kind: "load", operand: 1, dtype },
          { kind: "call", fn: "mul", args: [0, 1], dtype },
          ...(form.hasTerm
            ? ([
                { kind: "load", operand: 3, dtype },
                { kind: "call", fn: "add", args: [2, 3], dtype },
              ] as const)
            : []),
        ],
        init: group.kernel.init,
        value: form.hasTerm ? 4 : 2,
        output: 2,
      },
      bindings: [
        group.bindings[0],
        { buffer: factors, offset: 0 },
        { buffer: this.starts, offset: 1 },
        ...(form.hasTerm ? [term] : []),
      ],
      origins: group.origins,
    };
  }

  /** The blocks from their carries on, and what is left. */
  private within(): ScanGroup[] {
    const { group, blocks, size, rest, dtype } = this;
    const { kernel, bindings } = group;
    const across = this.across(blocks + 1);
    const start = kernel.operands.length;
    const parts: ScanGroup = {
      ...group,
      kernel: {
        ...kernel,
        dims: [...this.outer, blocks, size],
        operands: [
          ...kernel.operands.map((it) => this.cut(it)),
          { dtype, strides: [...across, 1, 0] },
        ],
        start,
      },
      bindings: [...bindings, { buffer: this.starts, offset: 0 }],
    };
    if (rest === 0) return [parts];
    const last: ScanGroup = {
      ...group,
      kernel: {
        ...kernel,
        dims: [...this.outer, rest],
        operands: [...kernel.operands, { dtype, strides: [...across, 0] }],
        start,
      },
      bindings: [
        ...bindings.map((it, i) => ({
          ...it,
          offset: it.offset + blocks * size * kernel.operands[i].strides.at(-1)!,
        })),
        { buffer: this.starts, offset: blocks },
      ],
    };
    return [parts, last];
  }

  /** Whether a block ends with another carry than the next one began with: then the scan as it was. */
  private checked(): Group[] {
    const { group, dtype } = this;
    const { kernel, bindings } = group;
    const flag = this.buffers.push({ dtype, size: 1, role: { kind: "temporary" } }) - 1;
    const redo: ScanGroup = {
      ...group,
      kernel: {
        ...kernel,
        operands: [...kernel.operands, { dtype, strides: kernel.dims.map(() => 0) }],
        onlyIf: kernel.operands.length,
      },
      bindings: [...bindings, { buffer: flag, offset: 0 }],
    };
    return [this.check(flag), redo];
  }

  private check(flag: number): LoopGroup {
    const { group, dtype, size } = this;
    const { output, operands } = group.kernel;
    const { strides } = operands[output];
    const along = strides.at(-1)!;
    const count = this.rest > 0 ? this.blocks : this.blocks - 1;
    const dims = [...this.outer, count];
    const end: Binding = {
      buffer: group.bindings[output].buffer,
      offset: group.bindings[output].offset + (size - 1) * along,
    };
    return {
      kind: "loop",
      kernel: {
        dims,
        rowDims: dims.length,
        operands: [
          { dtype, strides: [...strides.slice(0, -1), along * size] },
          { dtype, strides: [...this.across(this.blocks + 1), 1] },
          { dtype, strides: dims.map(() => 0) },
        ],
        instrs: differs(dtype, tolerance[dtype as keyof typeof tolerance]),
        stores: [{ operand: 2, value: differs(dtype, 0).length - 1 }],
      },
      bindings: [end, { buffer: this.starts, offset: 1 }, { buffer: flag, offset: 0 }],
      origins: group.origins,
    };
  }
}

/** 1 if operands 0 and 1 differ anywhere, else 0: x = y with the same sign (1/x = 1/y tells zeros apart), both are
 *  NaN, or |x − y| < tolerance · min(|x|, |y|). */
function differs(dtype: DType, most: number): Instr[] {
  const call = (fn: string, args: number[], type: DType = dtype): Instr => ({
    kind: "call",
    fn,
    args,
    dtype: type,
  });
  const constant = (value: number): Instr => ({ kind: "const", value, dtype });
  return [
    { kind: "load", operand: 0, dtype },
    { kind: "load", operand: 1, dtype },
    constant(1),
    call("div", [2, 0]),
    call("div", [2, 1]),
    call("eq", [0, 1], "bool"),
    call("eq", [3, 4], "bool"),
    call("and", [5, 6], "bool"),
    call("ne", [0, 0], "bool"),
    call("ne", [1, 1], "bool"),
    call("and", [8, 9], "bool"),
    call("sub", [0, 1]),
    call("abs", [11]),
    call("abs", [0]),
    call("abs", [1]),
    call("min", [13, 14]),
    constant(most),
    call("mul", [15, 16]),
    call("lt", [12, 17], "bool"),
    call("or", [7, 10], "bool"),
    call("or", [19, 18], "bool"),
    constant(0),
    call("select", [20, 21, 2]),
    { kind: "reduce", op: "max", arg: 22, dtype },
  ];
}
