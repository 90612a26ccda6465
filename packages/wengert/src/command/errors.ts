/** What a user of the command can act on: shown as its message, without a stack trace. */
export class CommandError extends Error {
  /** @param advice What to do: a whole sentence. */
  constructor(subject: string, expected: string, got: string, advice: string, cause?: unknown) {
    super(`${subject}: expected ${expected}, got ${got}. ${advice}`, { cause });
    this.name = "CommandError";
  }
}
