/** The exit codes of a shell for a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type EndSignal = keyof typeof EXIT_CODES;

/** One Ctrl-C can arrive twice, from the terminal and from npm, within a moment. */
const SAME_PRESS_MS = 700;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code that the signal asks for; undefined while none has come. */
  readonly exitCode: number | undefined;
  /** Stops listening. */
  release(): void;
}

/**
 * Turns the first Ctrl-C into an abort signal, so that the run can end in order; a second one ends
 * the process at once.
 */
export function listenForInterrupt(onFirst: () => void, onSecond: () => void): Interrupt {
  const controller = new AbortController();
  let first: { at: number; exitCode: number } | undefined;
  const onSignal = (name: EndSignal) => {
    const now = performance.now();
    if (first === undefined) {
      first = { at: now, exitCode: EXIT_CODES[name] };
      onFirst();
      controller.abort();
    } else if (now - first.at > SAME_PRESS_MS) {
      onSecond();
      process.exit(EXIT_CODES[name]);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return first?.exitCode;
    },
    release() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
