// What a program holds on to outside of the engine's reach: blocks of the common memory, a place in the pool.
import { heap, type Block } from "../run/heap.ts";
import type { HostImports } from "../run/instance.ts";
import { threadPool, type LoadedProgram } from "../run/pool.ts";

/** Whoever has collected the owner calls this. */
const release = new FinalizationRegistry((holdings: Holdings) => holdings.dispose());

/**
 * Given back with `dispose`, or when the owner is collected. They refer to nothing of the user's: what a
 * registry holds for an object must not lead back to it, and a function that was compiled may well be in
 * a field of the model that it trains.
 */
export class Holdings {
  private readonly blocks: Block[] = [];
  private readonly programs: Pick<LoadedProgram, "id">[] = [];

  constructor(owner: object) {
    release.register(owner, this);
  }

  /** @throws AllocationError */
  allocate(bytes: number, what: string): Block {
    const block = this.orNothing(() => heap().allocate(bytes, what));
    this.blocks.push(block);
    return block;
  }

  /** @throws CompiledProgramError */
  load(bytes: Uint8Array, imports: HostImports): LoadedProgram {
    const program = this.orNothing(() => threadPool().load(bytes, imports));
    // The program itself leads to its imports, and these to the owner.
    this.programs.push({ id: program.id });
    return program;
  }

  /** Where one part of a program is not to be had, the others are of no use. */
  orNothing<R>(get: () => R): R {
    try {
      return get();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  dispose(): void {
    for (const program of this.programs.splice(0)) threadPool().unload(program);
    for (const block of this.blocks.splice(0)) heap().free(block);
  }
}
