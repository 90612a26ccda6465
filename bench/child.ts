// Contenders run as child processes, one after the other: each has the machine to itself.

import { spawn } from "node:child_process";
import type { Outcome } from "./types.ts";

const LIMIT_MS = 180_000;

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Null where the process was killed or could not be started. */
  readonly code: number | null;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly limitMs?: number;
  readonly shell?: boolean;
}

export function run(
  command: string,
  args: readonly string[],
  { env, cwd, limitMs = LIMIT_MS, shell = false }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitMs,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => (stdout += String(text)));
    child.stderr.on("data", (text) => (stderr += String(text)));
    child.on("error", ({ message }) => resolve({ stdout, stderr: message, code: null }));
    child.on("close", (code, signal) => {
      if (signal !== null) stderr += `\nit ended by ${signal} (the limit is ${limitMs / 1000} s)`;
      resolve({ stdout, stderr, code });
    });
  });
}

/** Runs a contender, whose last line is `{"us": number}` or `{"error": string}`. */
export async function runContender(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  const { stdout, stderr, code } = await run(command, args, options);
  const outcome = code === 0 ? parseOutcome(stdout) : undefined;
  return outcome ?? { error: complaintIn(stderr) ?? `it ended with code ${code} and no figure` };
}

function parseOutcome(stdout: string): Outcome | undefined {
  try {
    const parsed = JSON.parse(stdout.trim().split("\n").at(-1)!) as Outcome;
    if ("error" in parsed) return { error: parsed.error.split("\n")[0]! };
    return Number.isFinite(parsed.us) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The line of a stack trace that says what happened, in JavaScript's form or Python's. */
export function complaintIn(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim());
  const named = lines.find((line) => /^(\w+\.)*\w*(Error|Exception)\b.*: /.test(line));
  return named ?? lines.findLast((line) => line !== "" && !line.startsWith("Node.js v"));
}
