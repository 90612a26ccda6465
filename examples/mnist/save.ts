import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { errorCode, OutputError } from "../shared/errors.ts";

/** A folder that is known to take files. */
export interface OutputFolder {
  readonly path: string;
  /** Removes the folders that were made for this run, as far as they are empty. */
  discard(): void;
}

/**
 * Makes the folder if it is not there, and proves that files with these names can be written
 * into it, so that a long training does not end at a folder that takes nothing.
 */
export function prepareFolder(folder: string, names: readonly string[]): OutputFolder {
  const path = resolve(folder);
  const made: string[] = [];
  const discard = () => {
    removeEmpty(made);
  };
  try {
    makeFolder(path, made);
    for (const name of names) {
      if (statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() === true) {
        throw Object.assign(new Error(`${name} is a folder`), { code: "EISDIR" });
      }
    }
    const probe = temporaryName(join(path, "probe"));
    try {
      writeFileSync(probe, "", { flag: "wx" });
    } finally {
      rmSync(probe, { force: true });
    }
  } catch (error) {
    discard();
    throw cannotWrite(path, error);
  }
  return { path, discard };
}

/**
 * Writes a file so that it is either there as a whole or not at all: under a temporary name in the
 * same folder first, renamed when it is complete. Nothing here awaits, so no signal handler can end
 * the process halfway.
 */
export function saveFile(folder: string, name: string, content: string | Uint8Array): void {
  const temporary = temporaryName(join(folder, name));
  try {
    writeDurably(temporary, content);
    renameSync(temporary, join(folder, name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw cannotWrite(folder, error);
  }
}

/** Removes a file if it is there. */
export function removeFile(folder: string, name: string): void {
  try {
    rmSync(join(folder, name), { force: true });
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const handle = openSync(path, "wx");
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(4).toString("hex")}.tmp`;
}

/**
 * Makes a folder and those above it, and notes each in `made`. (mkdirSync's own `recursive` never
 * returns where the system denies that the parent is there, as /proc does.)
 */
function makeFolder(path: string, made: string[]): void {
  const find = (folder: string) => statSync(folder, { throwIfNoEntry: false });
  if (find(path)?.isDirectory() === true) return;
  const parent = dirname(path);
  if (parent !== path && find(parent) === undefined) makeFolder(parent, made);
  mkdirSync(path);
  made.push(path);
}

/** Removes the folders, the innermost first, as long as they are empty. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders.toReversed()) rmdirSync(folder);
  } catch {
    // Somebody's files are in it: it stays.
  }
}

const REASONS: Record<string, { received: string; advice: string }> = {
  EACCES: {
    received: "one without the right to write (EACCES)",
    advice: "Choose another folder with --out, or change its permissions.",
  },
  EPERM: {
    received: "one without the right to write (EPERM)",
    advice: "Choose another folder with --out, or change its permissions.",
  },
  EROFS: {
    received: "one on a read-only disk (EROFS)",
    advice: "Choose a folder on another disk with --out.",
  },
  ENOSPC: {
    received: "a full disk (ENOSPC)",
    advice: "Free some space, or choose a folder on another disk with --out.",
  },
  EEXIST: { received: "a file (EEXIST)", advice: "Give a folder with --out." },
  ENOTDIR: {
    received: "a path that leads through a file (ENOTDIR)",
    advice: "Give a folder with --out.",
  },
  EISDIR: {
    received: "one in which a folder has the name of a result (EISDIR)",
    advice: "Choose another folder with --out.",
  },
};

function cannotWrite(folder: string, cause: unknown): OutputError {
  const code = errorCode(cause);
  const reason = REASONS[code] ?? {
    received: `one that takes no files (${code})`,
    advice: "Choose another folder with --out.",
  };
  const expected = "a folder that files can be written to";
  return new OutputError({ subject: `--out ${folder}`, expected, ...reason }, cause);
}
