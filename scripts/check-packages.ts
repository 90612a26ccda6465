// Packs every package as it would be published and checks the tarballs: what is in them, what
// publint says about their package.json, and whether TypeScript finds types at every entry.

import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

interface Manifest {
  name: string;
  private?: boolean;
  bin?: Record<string, string>;
}

const root = dirname(import.meta.dirname);

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

/** Runs a command to its end; its output is shown only when it failed. */
function run(what: string, command: string, args: string[], cwd = root): string {
  const shell = process.platform === "win32";
  // The checkout's .npmrc keeps npm silent; here its errors are wanted.
  const env = { ...process.env, npm_config_loglevel: "error" };
  const result = spawnSync(command, args, { cwd, env, shell, encoding: "utf8" });
  if (result.status === 0) return result.stdout;
  const output = result.error?.message ?? `${result.stdout}${result.stderr}`;
  throw new Error(`${what} failed:\n${output}`);
}

/** pnpm packs, not npm, because it puts version ranges where package.json says `workspace:`. */
function pack(folder: string, destination: string): string {
  const { packageManager } = readJson<{ packageManager: string }>(join(root, "package.json"));
  const args = ["--yes", packageManager, "pack", "--json", "--pack-destination", destination];
  const report = run(`packing ${folder}`, "npx", args, folder);
  return resolve(destination, (JSON.parse(report) as { filename: string }).filename);
}

function checkContents(tarball: string, bin: readonly string[]): void {
  const paths = run("tar", "tar", ["-tf", tarball]).split(/\r?\n/);
  const always = ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "src/index.ts"];
  // A command's own file only starts what is built.
  const commands = bin.flatMap((file) => [file.replace("./", ""), "dist/cli.js"]);
  const expected = [...always, ...commands];
  const missing = expected.filter((path) => !paths.includes(`package/${path}`));
  if (missing.length > 0) throw new Error(`the tarball lacks ${missing.join(", ")}`);
}

function checkPackage(folder: string, { bin }: Manifest, destination: string): void {
  const tarball = pack(folder, destination);
  checkContents(tarball, Object.values(bin ?? {}));
  const tool = (name: string) => join(root, "node_modules", ".bin", name);
  run("publint", tool("publint"), ["run", tarball, "--strict"]);
  run("attw", tool("attw"), [tarball, "--profile", "esm-only"]);
}

function main(): void {
  const destination = mkdtempSync(join(tmpdir(), "wengert-pack-"));
  try {
    for (const file of globSync("packages/*/package.json", { cwd: root }).sort()) {
      const manifest = readJson<Manifest>(join(root, file));
      if (manifest.private) continue;
      try {
        checkPackage(join(root, dirname(file)), manifest, destination);
        console.log(`${manifest.name}: packs well`);
      } catch (error) {
        process.exitCode = 1;
        console.error(`${manifest.name}: ${(error as Error).message}`);
      }
    }
  } finally {
    rmSync(destination, { recursive: true, force: true });
  }
}

main();
