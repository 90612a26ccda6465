// A program for many sizes: its module is written for two probes (see size/scope.ts). The two differ in
// integers alone, or there is no such program; those that differ are read from a table in memory, which is
// filled when the size changes.
import {
  Evaluation,
  Formulas,
  isConstant,
  type Definition,
  type Formula,
} from "../size/formula.ts";
import { withScope, type Scope } from "../size/scope.ts";
import { signed, unsigned } from "../wasm/opcodes.ts";
import { Sites } from "../wasm/sites.ts";
import type { Plan } from "../plan/group.ts";
import { NotSymbolic } from "../size/not-symbolic.ts";
import type { Addresses } from "./level.ts";
import { ProgramEmitter, type Emitter, type Target } from "./program.ts";

interface Draft {
  readonly scope: Scope;
  readonly sites: Sites;
  readonly emitter: ProgramEmitter;
}

export class SymbolicEmitter implements Emitter {
  readonly scratchBytes: number;
  private readonly drafts: readonly [Draft, Draft];
  private readonly formulas: Formulas;
  private definitions: readonly Definition[] = [];
  private table: readonly Formula[] = [];

  /** The plan for each of the probes, with the buffers of the capacity. @throws NotSymbolic */
  constructor(
    plans: readonly [Plan, Plan],
    scopes: readonly [Scope, Scope],
    target: Target,
    capacity: number,
  ) {
    const draft = (i: 0 | 1): Draft => {
      const sites = new Sites();
      const emitter = withScope(scopes[i], () => new ProgramEmitter(plans[i], target, sites));
      return { scope: scopes[i], sites, emitter };
    };
    this.drafts = [draft(0), draft(1)];
    this.formulas = new Formulas(scopes);
    const [first, second] = this.drafts.map(({ emitter }) => emitter);
    const largest = new Evaluation(capacity, this.define());
    const scratch = first.scratch.map((bytes, i) =>
      Math.ceil(largest.value(this.formula(bytes, second.scratch[i]))),
    );
    first.scratch = scratch;
    second.scratch = scratch;
    this.scratchBytes = first.scratchBytes;
  }

  get kernelCount(): number {
    return this.drafts[0].emitter.kernelCount;
  }

  get counterBytes(): number {
    return this.drafts[0].emitter.counterBytes;
  }

  get isParallel(): boolean {
    return this.drafts[0].emitter.isParallel;
  }

  get hasWideVectors(): boolean {
    return this.drafts[0].emitter.hasWideVectors;
  }

  isSerial(group: number): boolean {
    return this.drafts[0].emitter.isSerial(group);
  }

  finish(addresses: Addresses): Uint8Array<ArrayBuffer> {
    const [first, second] = this.drafts;
    for (const { scope, emitter } of this.drafts) withScope(scope, () => emitter.link(addresses));
    if (!first.emitter.module.hasFormOf(second.emitter.module)) {
      throw new NotSymbolic("the generated code has another form for another size");
    }
    this.definitions = this.define();
    const places = new Map<Formula, number>();
    const formulas = first.sites.values.map((x, i) => this.formula(x, second.sites.values[i]));
    for (const formula of formulas) {
      if (!isConstant(formula) && !places.has(formula)) places.set(formula, places.size);
    }
    this.table = [...places.keys()];
    const start = addresses.table!(places.size);
    return first.emitter.module.toBytes((site) => {
      const formula = formulas[site];
      if (formula.kind === "constant") return [0x41, ...signed(formula.value | 0)];
      const address = start + 4 * places.get(formula)!;
      return [0x41, 0, 0x28, 2, ...unsigned(address)];
    });
  }

  /** What the table holds for a size. */
  numbers(size: number): number[] {
    const evaluation = new Evaluation(size, this.definitions);
    return this.table.map((formula) => evaluation.value(formula) | 0);
  }

  private define(): readonly Definition[] {
    const found = this.formulas.definitions();
    if (found) return found;
    throw new NotSymbolic("a number of the generated code depends on the size in an unknown way");
  }

  private formula(x: number, y: number): Formula {
    const formula = this.formulas.of(x, y);
    if (formula) return formula;
    throw new NotSymbolic("a number of the generated code depends on the size in an unknown way");
  }
}
