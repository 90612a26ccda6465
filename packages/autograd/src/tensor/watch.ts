// While a function is recorded for compilation, someone must know what it reads and writes beside
// its arguments and beside ops.
import type { Storage } from "./storage.ts";

/** What a recording wants to be told. `owner` is a tensor. */
export interface Watcher {
  /** The values of a tensor are about to be read; throws where that may not be. */
  readsValues(storage: Storage, where: string): void;
  /** `owner.grad` is about to be read, or written. */
  readsGrad(owner: object): void;
  writesGrad(owner: object): void;
  /** The course of the function depends on what `read` yields now. */
  dependsOn(read: () => unknown): void;
  /** The course of the function depends on the fields of `owner`. */
  dependsOnFields(owner: object): void;
}

let watcher: Watcher | null = null;

/** Who is told at present; null outside of recordings. */
export const currentWatcher = (): Watcher | null => watcher;

export function withWatcher<R>(next: Watcher, f: () => R): R {
  const before = watcher;
  watcher = next;
  try {
    return f();
  } finally {
    watcher = before;
  }
}

/**
 * Says that what the running function does depends on a value outside of it that is no tensor, such
 * as a module's training flag. A compiled function reads it at each call and is recorded anew for
 * each value that comes; outside of recordings this does nothing.
 * @param read Yields the value: a number, string, boolean, null or an object by identity.
 * @example dependsOn(() => this.#training);
 */
export function dependsOn(read: () => unknown): void {
  watcher?.dependsOn(read);
}

/**
 * The same for all that stands in an object's own enumerable fields, and in arrays and plain objects among
 * them: a compiled function is recorded anew when another tensor, module, number or function is put there.
 * Modules and optimizers say it of themselves.
 * @example dependsOnFields(this);
 */
export function dependsOnFields(owner: object): void {
  watcher?.dependsOnFields(owner);
}
