// One generated kernel for each group; groups of the same form share it.
import type { Group } from "../plan/group.ts";
import type { CodegenContext, EmittedKernel } from "./context.ts";
import { emitContraction, isSerial as isSerialContraction } from "./contract/index.ts";
import { emitLoop, isSerial as isSerialLoop } from "./loop/index.ts";
import { emitScan, isSerialScan } from "./scan.ts";
import { emitScatter, isSerialScatter } from "./scatter.ts";

/** A kernel as the program calls it. */
export interface GroupKernel extends EmittedKernel {
  /** Thread 0 does all of it. */
  readonly isSerial: boolean;
}

export class KernelCache {
  private readonly known = new Map<string, GroupKernel>();
  private readonly context: CodegenContext;

  constructor(context: CodegenContext) {
    this.context = context;
  }

  /** How many different kernels there are. */
  get size(): number {
    return this.known.size;
  }

  kernel(group: Exclude<Group, { kind: "host" | "turns" }>): GroupKernel {
    const key = `${group.kind} ${formOf(group.kernel)}`;
    let kernel = this.known.get(key);
    if (!kernel) this.known.set(key, (kernel = emit(this.context, group)));
    return kernel;
  }
}

const formOf = (kernel: object): string =>
  JSON.stringify(kernel, (_, value: unknown) =>
    typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
      ? `${Object.is(value, -0) ? "-0" : value}`
      : value,
  );

function emit(
  context: CodegenContext,
  group: Exclude<Group, { kind: "host" | "turns" }>,
): GroupKernel {
  switch (group.kind) {
    case "loop":
      return { ...emitLoop(context, group.kernel), isSerial: isSerialLoop(group.kernel) };
    case "contract":
      return {
        ...emitContraction(context, group.kernel),
        isSerial: isSerialContraction(group.kernel),
      };
    case "scatter":
      return { ...emitScatter(context, group.kernel), isSerial: isSerialScatter(group.kernel) };
    case "scan":
      return { ...emitScan(context, group.kernel), isSerial: isSerialScan(group.kernel) };
  }
}
