// What this package needs of the engine it runs in. The sources are compiled without the types of
// Node and of browsers, because they run in both.

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** By this many pages; returns how many there were. Throws a RangeError. */
  grow(pages: number): number;
}

/** A compiled module: opaque, and may be posted to other threads, which share its machine code. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export type WasmFunction = (...args: number[]) => number;
export type WasmImports = Record<string, Record<string, unknown>>;

export interface Wasm {
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
    shared?: boolean;
  }) => WasmMemory;
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { readonly kind: string; readonly name: string }[];
  };
  readonly Instance: new (
    module: WasmModule,
    imports: WasmImports,
  ) => { readonly exports: Record<string, unknown> };
  readonly Table: new (kind: { element: "anyfunc"; initial: number }) => WasmTable;
  validate(bytes: Uint8Array): boolean;
}

interface WasmTable {
  set(index: number, value: unknown): void;
}

interface NodeWorker {
  postMessage(message: unknown): void;
  terminate(): Promise<unknown>;
  ref(): void;
  unref(): void;
  on(event: string, listener: (value: unknown) => void): void;
}

interface BrowserWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
}

interface NodeModules {
  "node:v8": { setFlagsFromString(flags: string): void };
  "node:worker_threads": { Worker: new (code: string, options: object) => NodeWorker };
  "node:os": { availableParallelism?(): number; cpus(): readonly unknown[] };
}

interface Globals {
  readonly WebAssembly?: Wasm;
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly process?: {
    readonly arch?: string;
    readonly execArgv?: readonly string[];
    readonly versions?: { readonly v8?: string };
    getBuiltinModule?<N extends keyof NodeModules>(name: N): NodeModules[N] | undefined;
  };
  readonly Worker?: new (url: string, options: object) => BrowserWorker;
  readonly Blob?: new (parts: readonly string[], options: object) => object;
  readonly URL?: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
  readonly performance: { now(): number; readonly timeOrigin: number };
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const globals = globalThis as unknown as Globals;

const builtin = <N extends keyof NodeModules>(name: N): NodeModules[N] | undefined =>
  globals.process?.getBuiltinModule?.(name);

/** The engine's WebAssembly, or undefined where there is none. */
export const wasm = (): Wasm | undefined => globals.WebAssembly;

/** Milliseconds since 1970, finely. */
export const now = (): number => globals.performance.timeOrigin + globals.performance.now();

/** Resolves in a later turn of the event loop. */
export const later = (ms: number): Promise<void> =>
  new Promise((resolve) => void globals.setTimeout(resolve, ms));

/** Whether memory may be handed to other threads. A page that is not cross-origin isolated may still
 *  make shared memory, but not post it. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer === "function" && globals.crossOriginIsolated !== false;

/** How many threads the machine runs at once. */
export function availableThreads(): number {
  const os = builtin("node:os");
  const count = os
    ? (os.availableParallelism?.() ?? os.cpus().length)
    : globals.navigator?.hardwareConcurrency;
  return Math.max(1, count ?? 1);
}

/** With these a process dies when its flags are set. */
const forbidding = ["freeze-flags-after-init", "abort-on-contradictory-flags"];

/** Calls `body` while flags of V8 are set so, and afterwards puts them back: to the opposite, unless the process was started
 *  with them. Returns null, and does not call it, where V8 is older than that, cannot be told, or is for another processor. */
export function withV8Flags<R>(
  least: { readonly v8: number; readonly arch: string },
  flags: readonly (readonly [name: string, isOn: boolean])[],
  body: () => R,
): R | null {
  const { arch, execArgv = [], versions } = globals.process ?? {};
  const v8 = builtin("node:v8");
  if (!v8 || arch !== least.arch || parseInt(versions?.v8 ?? "0", 10) < least.v8) return null;
  // --no-flag may be written --noflag, and - may be _.
  const given = new Set(execArgv.map((arg) => arg.replace(/^--?/, "").replaceAll("_", "-")));
  if (forbidding.some((name) => given.has(name))) return null;
  const spellings = (name: string, isOn: boolean) => (isOn ? [name] : [`no-${name}`, `no${name}`]);
  const changed = flags.filter(
    ([name, isOn]) => !spellings(name, isOn).some((it) => given.has(it)),
  );
  const set = (name: string, isOn: boolean) =>
    v8.setFlagsFromString(`--${spellings(name, isOn)[0]}`);
  try {
    for (const [name, isOn] of changed) set(name, isOn);
  } catch {
    // Not Node, whatever it says.
    return null;
  }
  try {
    return body();
  } finally {
    for (const [name, isOn] of changed) set(name, !isOn);
  }
}

/** Whether this thread may block in Atomics.wait; a page's main thread may not. */
export function mayWait(cells: Int32Array): boolean {
  try {
    Atomics.wait(cells, 0, Atomics.load(cells, 0), 0);
    return true;
  } catch {
    return false;
  }
}

/** What a worker tells the thread that started it. */
export interface WorkerEvents {
  message(message: unknown): void;
  /** It has ended, or never began. Not told of a browser's worker that `terminate` ended. */
  exit(reason: string): void;
}

export interface WorkerHandle {
  post(message: unknown): void;
  /** Ends it; resolves when it runs no more. `hasStopped` says whether it has come to rest where it
   *  touches nothing. */
  terminate(hasStopped: () => boolean): Promise<void>;
  /** Whether the worker keeps the process alive. At first it does not. */
  hold(isHeld: boolean): void;
}

/** How long a worker may take until its first message, in a browser, which does not tell when it kills one. */
const startMs = 30_000;

/** Starts a worker from JavaScript text, which posts a message when it is up. Throws where workers are not to be had. */
export function startWorker(
  code: string,
  events: WorkerEvents,
  patienceMs = startMs,
): WorkerHandle {
  const threads = builtin("node:worker_threads");
  if (threads) return startNodeWorker(new threads.Worker(code, nodeOptions), events);
  const { Worker, Blob, URL } = globals;
  if (!Worker || !Blob || !URL) throw new Error("this engine has no workers");
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url, { name: "wengert" });
  const patience = globals.setTimeout(() => {
    events.exit(`it did not come up in ${patienceMs / 1000} s`);
  }, patienceMs);
  return startBrowserWorker(worker, events, () => {
    globals.clearTimeout(patience);
    URL.revokeObjectURL(url);
  });
}

// The flags and the loaders of the process are not for a script that imports nothing.
const nodeOptions = { eval: true, execArgv: [], name: "wengert" };

function startNodeWorker(worker: NodeWorker, events: WorkerEvents): WorkerHandle {
  let reason: string | null = null;
  worker.on("message", (message) => events.message(message));
  worker.on("error", (error) => (reason = String(error)));
  worker.on("exit", (code) => events.exit(reason ?? `it exited with code ${String(code)}`));
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    terminate: async () => void (await worker.terminate()),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
  };
}

/** Browsers do not tell when a worker has ended. Chromium gives it two seconds to come to rest. */
const forcedMs = 2500;

function startBrowserWorker(
  worker: BrowserWorker,
  events: WorkerEvents,
  started: () => void,
): WorkerHandle {
  worker.onmessage = ({ data }) => {
    started();
    events.message(data);
  };
  worker.onerror = (event) => {
    started();
    event.preventDefault?.();
    events.exit(event.message ?? "it could not be started");
  };
  return {
    post: (message) => worker.postMessage(message),
    terminate: async (hasStopped) => {
      for (let i = 0; i < 20 && !hasStopped(); i++) await later(10);
      worker.terminate();
      if (!hasStopped()) await later(forcedMs);
    },
    hold: () => {},
  };
}
