// What a page of its own does: trains twins, one eagerly and one compiled, and says what came of it.
import { compile, CompiledProgramError, ready, setThreads } from "@wengert/compile";
import { threadPool } from "../../../src/run/pool.ts";
import { twoLayers } from "../support/models.ts";
import { page } from "../support/page.ts";

export interface Report {
  readonly isIsolated: boolean;
  /** The loss of each step. */
  readonly eager: readonly number[];
  /** That of the compiled twin; null where it could not be compiled. */
  readonly compiled: readonly number[] | null;
  /** The same with calls off the page's thread. */
  readonly async: readonly number[] | null;
  /** How many threads took part. */
  readonly threads: number | null;
  /** What was thrown instead. */
  readonly error: string | null;
  readonly isCompiledProgramError: boolean;
}

const steps = 4;

function eagerly(): number[] {
  const { step, x, y } = twoLayers();
  return Array.from({ length: steps }, () => step(x, y).item());
}

/** Counts the threads of the runs that follow. */
function counted(): () => number {
  const { crew } = threadPool();
  let most = 1;
  if (crew) {
    const start = crew.start.bind(crew);
    crew.start = (helpers, ...job) => {
      most = Math.max(most, helpers + 1);
      start(helpers, ...job);
    };
  }
  return () => most;
}

async function compiled(): Promise<Pick<Report, "compiled" | "async" | "threads">> {
  const { step, x, y } = twoLayers();
  const call = compile(step);
  const losses = [call(x, y).item()];
  await ready();
  const threads = counted();
  while (losses.length < steps) losses.push(call(x, y).item());
  return { compiled: losses, threads: threads(), async: await offThread() };
}

async function offThread(): Promise<number[]> {
  const { step, x, y } = twoLayers();
  const call = compile(step);
  const losses: number[] = [];
  while (losses.length < steps) losses.push((await call.async(x, y)).item());
  return losses;
}

async function report(): Promise<Report> {
  setThreads(2);
  const eager = eagerly();
  const common = {
    isIsolated: page.crossOriginIsolated,
    error: null,
    isCompiledProgramError: false,
  };
  try {
    return { ...common, eager, ...(await compiled()) };
  } catch (error) {
    return {
      ...common,
      // Eager code works on.
      eager: eagerly(),
      compiled: null,
      async: null,
      threads: null,
      error: String(error),
      isCompiledProgramError: error instanceof CompiledProgramError,
    };
  }
}

const text = page.document.createElement("pre");
text.id = "report";
text.textContent = JSON.stringify(await report());
page.document.body.append(text);
