/** What every error of an example tells its reader. */
export interface Problem {
  /** What the error is about: an option (`--lr`), a file, a folder. */
  readonly subject: string;
  readonly expected: string;
  readonly received: string;
  /** What to do about it: a whole sentence. */
  readonly advice: string;
}

/** An error that a user can act on: it is shown as its message, without a stack trace. */
export abstract class ExampleError extends Error {
  readonly problem: Problem;
  abstract readonly exitCode: number;

  constructor(problem: Problem, cause?: unknown) {
    const { subject, expected, received, advice } = problem;
    super(`${subject}: expected ${expected}, got ${received}. ${advice}`, { cause });
    this.problem = problem;
  }
}

/** The command line is wrong. */
export class UsageError extends ExampleError {
  override readonly name = "UsageError";
  readonly exitCode = 2;
}

/** A file of data is missing or damaged. */
export class DataError extends ExampleError {
  override readonly name = "DataError";
  readonly exitCode = 1;
}

/** The results cannot be written. */
export class OutputError extends ExampleError {
  override readonly name = "OutputError";
  readonly exitCode = 1;
}

/** The loss is no longer a finite number, so that there is nothing left to train. */
export class DivergenceError extends ExampleError {
  override readonly name = "DivergenceError";
  readonly exitCode = 1;
}

/** Says what a user can act on, and returns the exit code for it; other errors go through.
 *  @param help The command that lists all options. */
export function showError(
  error: unknown,
  stderr: { write(text: string): unknown },
  help: string,
): number {
  if (!(error instanceof ExampleError)) throw error;
  const hint = error instanceof UsageError ? `\nAll options: ${help}` : "";
  stderr.write(`${error.name}: ${error.message}${hint}\n`);
  return error.exitCode;
}

/** The code of a failed system call (`"ENOENT"`), or a text that stands for any other failure. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return error instanceof Error ? error.message : String(error);
}
