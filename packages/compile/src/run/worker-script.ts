// The script of the workers, as text: so it is the same from the sources, from a bundle and in a
// page, with no file that a bundler would have to find.
import { hostFunctionText } from "./host-functions.ts";
import { Abort, maxTextLength } from "./control.ts";
import { highWordName, wordsPrefix, wordsText } from "./words.ts";

/** A worker's words, as offsets in bytes: those that the owner writes, then those that the worker
 *  writes, apart by how often they change. */
export const lineLayout = {
  /** Rises with every job and every letter. */
  sequence: 0,
  program: 4,
  share: 8,
  threads: 12,
  /** 1: the worker that has share 0 posts the status. */
  reports: 16,
  /** How many letters were posted to the worker. */
  posted: 20,
  /** 1 while the worker sleeps. */
  asleep: 64,
  /** How many letters it has taken. */
  received: 68,
  /** The sequence number of the last job that it has left. */
  left: 128,
} as const;

export const lineLength = 256;

/** Milliseconds: a job that comes sooner, waking included, is worth looking out for. */
const soon = 0.15;
/** Else it looks a fraction as long. */
const impatience = 16;

/** What is posted to a worker. */
export interface Letter {
  /** In the first letter. */
  readonly setup?: {
    readonly memory: unknown;
    /** Exports `next`, see `emitNext`. */
    readonly runtime: unknown;
    /** Address of the worker's words. */
    readonly line: number;
    readonly abort: number;
    readonly generation: number;
    readonly text: number;
    readonly idleSpins: number;
  };
  /** A module whose exports are the table that others may import from now on. */
  readonly library?: unknown;
  readonly load: readonly (readonly [id: number, module: unknown])[];
  readonly unload: readonly number[];
  /** The last letter: from now on the worker touches nothing. */
  readonly isLast?: boolean;
}

/** What a worker posts: that it has taken a letter, or the status of a job. */
export type Answer = { readonly received: number } | { readonly status: number };

/**
 * A worker sleeps inside of `next` and cannot take letters there. So the owner counts a letter,
 * raises the sequence number, and posts it; the worker sees that there are more letters than it has
 * taken and returns to its event loop, where the letter comes in.
 *
 * It looks out for the next job in a loop for as long as it takes to wake it (`idleSpins`), if the
 * last one came soon, too: a loop of short steps. Else it would only keep others from the processor.
 */
export const workerScript = (): string => `"use strict";
const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
const port = node ? node.parentPort : globalThis;
const functions = (() => {
${hostFunctionText}
})();
${wordsText}
const starts = new Map();
let cells, setup, next, line, table, received = 0, last = 0, looks = 0;

function take(letter) {
  if (letter.setup) begin(letter.setup);
  if (letter.library) {
    const env = { memory: setup.memory };
    const exports = Object.values(new WebAssembly.Instance(letter.library, { env }).exports);
    table = new WebAssembly.Table({ element: "anyfunc", initial: exports.length });
    exports.forEach((f, i) => table.set(i, f));
  }
  for (const [id, module] of letter.load) starts.set(id, start(module));
  for (const id of letter.unload) starts.delete(id);
  last = Atomics.load(cells, line + ${word("sequence")});
  Atomics.store(cells, line + ${word("received")}, ++received);
  if (letter.isLast) return;
  port.postMessage({ received });
  work();
}

function begin(given) {
  setup = given;
  line = setup.line >> 2;
  cells = new Int32Array(setup.memory.buffer);
  next = new WebAssembly.Instance(setup.runtime, { env: { memory: setup.memory } }).exports.next;
}

function start(module) {
  const env = { memory: setup.memory };
  for (const { kind, name } of WebAssembly.Module.imports(module)) {
    if (kind === "table") env[name] = table;
    if (kind !== "function") continue;
    env[name] = imported(name) ?? (() => {
      throw new Error("the function " + name + " can only be called on the owning thread");
    });
  }
  try {
    return new WebAssembly.Instance(module, { env }).exports.run;
  } catch (error) {
    return () => { throw error; };
  }
}

function imported(name) {
  if (name === "${highWordName}") return highWord;
  if (name.startsWith("${wordsPrefix}")) return byWords(imported(name.slice(${wordsPrefix.length})));
  return functions[name] ?? Math[name];
}

function work() {
  while (Atomics.load(cells, line + ${word("posted")}) === received) {
    const begin = performance.now();
    last = next(setup.line, setup.line + ${lineLayout.asleep}, last, looks);
    const isSoon = performance.now() - begin < ${soon};
    looks = Atomics.load(cells, setup.idleSpins >> 2) / (isSoon ? 1 : ${impatience});
    if (Atomics.load(cells, line + ${word("posted")}) !== received) return;
    // Read with the job: after its last barrier the owner may already have written the next one.
    const reports = cells[line + ${word("reports")}] === 1;
    let status = 1;
    try {
      status = starts.get(cells[line + ${word("program")}])(
        cells[line + ${word("share")}], cells[line + ${word("threads")}]);
    } catch (error) {
      giveUp(String(error));
    }
    Atomics.store(cells, line + ${word("left")}, last);
    if (reports) port.postMessage({ status });
  }
}

function giveUp(reason) {
  const abort = setup.abort >> 2, generation = setup.generation >> 2;
  if (Atomics.compareExchange(cells, abort, ${Abort.none}, ${Abort.trap}) === ${Abort.none}) {
    const length = Math.min(reason.length, ${maxTextLength});
    const text = new Uint16Array(setup.memory.buffer, setup.text + 4, length);
    for (let i = 0; i < length; i++) text[i] = reason.charCodeAt(i);
    Atomics.store(cells, setup.text >> 2, length);
  }
  Atomics.add(cells, generation, 1);
  Atomics.notify(cells, generation);
}

if (node) port.on("message", take);
else port.onmessage = (event) => take(event.data);
`;

const word = (name: keyof typeof lineLayout): number => lineLayout[name] >> 2;
