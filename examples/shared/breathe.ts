/** Lets Ctrl-C and the terminal have a turn: a training step never waits for anything itself. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
