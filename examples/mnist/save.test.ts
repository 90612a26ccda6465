import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OutputError } from "../shared/errors.ts";
import { prepareFolder, saveFile } from "./save.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mnist-save-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function failure(run: () => unknown): OutputError {
  try {
    run();
  } catch (error) {
    if (error instanceof OutputError) return error;
    throw error;
  }
  throw new Error("it was written");
}

describe("saveFile", () => {
  test("writes and replaces a file and leaves nothing else", () => {
    saveFile(folder, "a.txt", "old");
    saveFile(folder, "b.bin", Uint8Array.of(1, 2, 3));
    saveFile(folder, "a.txt", "new");
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("new");
    expect([...readFileSync(join(folder, "b.bin"))]).toEqual([1, 2, 3]);
    expect(readdirSync(folder).sort()).toEqual(["a.txt", "b.bin"]);
  });

  test("names the folder where it cannot be written", () => {
    const error = failure(() => saveFile(folder, "missing/b.txt", "x"));
    expect(error.problem.subject).toBe(`--out ${folder}`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("leaves no temporary file where the renaming fails", () => {
    mkdirSync(join(folder, "b.txt"));
    failure(() => saveFile(folder, "b.txt", "x"));
    expect(readdirSync(folder)).toEqual(["b.txt"]);
  });

  test("leaves the old file and nothing half-written where writing itself fails", () => {
    saveFile(folder, "b.txt", "old");
    failure(() => saveFile(folder, "b.txt", Symbol("no content") as unknown as string));
    expect(readFileSync(join(folder, "b.txt"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["b.txt"]);
  });
});

describe("prepareFolder", () => {
  test("makes the folder, proves that it takes files, and leaves it empty", () => {
    const { path } = prepareFolder(join(folder, "x", "y"), ["report.html"]);
    expect(path).toBe(join(folder, "x", "y"));
    expect(readdirSync(path)).toEqual([]);
  });

  test("discard removes what it made, and only that", () => {
    const made = prepareFolder(join(folder, "x", "y"), []);
    made.discard();
    made.discard();
    expect(readdirSync(folder)).toEqual([]);

    mkdirSync(join(folder, "mine"));
    prepareFolder(join(folder, "mine"), []).discard();
    expect(existsSync(join(folder, "mine"))).toBe(true);

    const used = prepareFolder(join(folder, "mine", "run"), []);
    writeFileSync(join(used.path, "report.html"), "");
    used.discard();
    expect(existsSync(join(used.path, "report.html"))).toBe(true);
  });

  test("refuses a file, a path through a file, and a folder in the place of a result", () => {
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "out", "report.html"), { recursive: true });
    const cases = [
      ["file", "EEXIST"],
      ["file/out", "ENOTDIR"],
      ["out", "EISDIR"],
    ] as const;
    for (const [path, code] of cases) {
      const { problem, exitCode } = failure(() =>
        prepareFolder(join(folder, path), ["report.html"]),
      );
      expect(problem.subject).toBe(`--out ${join(folder, path)}`);
      expect(problem.received).toContain(code);
      expect(problem.advice).toContain("--out");
      expect(exitCode).toBe(1);
    }
    expect(readdirSync(folder).sort()).toEqual(["file", "out"]);
  });

  test("does not hang at a folder in which the system lets nobody make one", () => {
    const folders = process.platform === "linux" ? ["/proc/no/such"] : [];
    for (const path of folders) {
      expect(failure(() => prepareFolder(path, [])).problem.subject).toBe(`--out ${path}`);
    }
  });
});
