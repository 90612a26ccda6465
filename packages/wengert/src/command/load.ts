// Loads a user's module and finds what it exports to be checked.
import type * as Testing from "@wengert/autograd/testing";
import type { Checkable } from "@wengert/autograd/testing";
import { existsSync, globSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CommandError } from "./errors.ts";

export interface Loaded {
  readonly file: string;
  /** The checks of the very package that the file uses: another copy would have other tensors. */
  readonly testing: typeof Testing;
  readonly subjects: ReadonlyMap<string, Checkable>;
}

/** Files by their names, each once; shells that do not resolve patterns (that of Windows) leave it to the command. */
export function filesOf(names: readonly string[]): string[] {
  const files = names.flatMap((name) => {
    if (existsSync(name) || !/[*?[{]/.test(name)) return [name];
    const found = globSync(name).sort();
    if (found.length > 0) return found;
    throw new CommandError(
      name,
      "a pattern that matches files",
      "none",
      "Patterns are resolved from the current folder; write it in quotes.",
    );
  });
  return [...new Map(files.map((file) => [resolve(file), file])).values()];
}

/** @throws CommandError for a file that is not there, does not load, or exports nothing to check. */
export async function load(file: string): Promise<Loaded> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new CommandError(file, "a file", "none of this name", "Check its path.");
  }
  if (statSync(path).isDirectory()) {
    const advice = `Name its files, e.g. "${file.replace(/\/$/, "")}/*.ts".`;
    throw new CommandError(file, "a file", "a folder", advice);
  }
  const testing = await testingOf(path);
  const exports = await importFile(file, path);
  const subjects = testing.subjectsOf(exports);
  if (subjects.size > 0) return { file, testing, subjects };
  const names = Object.keys(exports);
  throw new CommandError(
    file,
    "a module that exports ops (defineOp) or checkable functions",
    names.length > 0 ? `one that exports ${names.join(", ")}` : "one that exports nothing",
    "Write e.g. export const loss = checkable(f, [{ shape: [3] }]), with checkable from @wengert/autograd.",
  );
}

async function testingOf(path: string): Promise<typeof Testing> {
  const name = "@wengert/autograd/testing";
  let found: string;
  try {
    found = pathToFileURL(createRequire(path).resolve(name)).href;
  } catch {
    // The file knows the packages by another name, such as this one's.
    found = name;
  }
  return (await import(found)) as typeof Testing;
}

async function importFile(file: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const isForeign = code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[cm]?ts$/.test(path);
    throw new CommandError(
      file,
      "a module that loads",
      isForeign
        ? `TypeScript on Node ${process.version}`
        : `an error (${message})${placeOf(error as Error)}`,
      isForeign
        ? "Node 22.18 and 24 run TypeScript by themselves; or compile it to JavaScript first."
        : "Mend it first; node FILE shows the whole error.",
      error,
    );
  }
}

/** Where TypeScript does not parse, the stack begins with the place; else it is the first frame in a file. Of
 *  JavaScript that does not parse, Node keeps the place to itself. */
function placeOf({ stack = "" }: Error): string {
  const place =
    /^(?:file:\/\/)?(\/.+:\d+)$/m.exec(stack) ?? /\(?file:\/\/([^()]+:\d+):\d+\)?$/m.exec(stack);
  return place ? ` at ${place[1]}` : "";
}
