// Packs every package as it would be published and checks the tarballs: what is in them, what
// publint says about their package.json, and whether TypeScript finds types at every entry. The built
// declarations are type-checked, too: not every user skips those of libraries.

import { execFile } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

interface Manifest {
  name: string;
  private?: boolean;
  bin?: Record<string, string>;
}

/** What a command has said. */
interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

const root = dirname(import.meta.dirname);

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

/** Runs a command to its end; its output is shown only when it failed. */
async function run(what: string, command: string, args: string[], cwd = root): Promise<string> {
  const shell = process.platform === "win32";
  // The checkout's .npmrc keeps npm silent; here its errors are wanted.
  const env = { ...process.env, npm_config_loglevel: "error" };
  const running = promisify(execFile)(command, args, { cwd, env, shell });
  const { stdout } = await running.catch((error: Partial<Output> & Error) => {
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}`;
    throw new Error(`${what} failed:\n${said || error.message}`);
  });
  return stdout;
}

/** Where each package's tarball is. pnpm packs, not npm, because it puts version ranges where package.json says
 *  `workspace:`. */
async function packAll(destination: string): Promise<ReadonlyMap<string, string>> {
  const { packageManager } = readJson<{ packageManager: string }>(join(root, "package.json"));
  const which = ["--recursive", "--filter", "./packages/*"];
  const args = [
    "--yes",
    packageManager,
    ...which,
    "pack",
    "--json",
    "--pack-destination",
    destination,
  ];
  const report = JSON.parse(await run("packing", "npx", args)) as {
    name: string;
    filename: string;
  }[];
  return new Map(report.map(({ name, filename }) => [name, resolve(destination, filename)]));
}

async function checkContents(tarball: string, bin: readonly string[]): Promise<void> {
  const paths = (await run("tar", "tar", ["-tf", tarball])).split(/\r?\n/);
  const always = ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "src/index.ts"];
  // A command's own file only starts what is built.
  const commands = bin.flatMap((file) => [file.replace("./", ""), "dist/cli.js"]);
  const expected = [...always, ...commands];
  const missing = expected.filter((path) => !paths.includes(`package/${path}`));
  if (missing.length > 0) throw new Error(`the tarball lacks ${missing.join(", ")}`);
}

async function check(tarball: string, { bin }: Manifest): Promise<void> {
  const tool = (name: string) => join(root, "node_modules", ".bin", name);
  await Promise.all([
    checkContents(tarball, Object.values(bin ?? {})),
    run("publint", tool("publint"), ["run", tarball, "--strict"]),
    run("attw", tool("attw"), [tarball, "--profile", "esm-only"]),
  ]);
}

/** As a user sees them who has set `skipLibCheck` to false; what bundles declarations may bundle them wrong. */
async function checkDeclarations(): Promise<void> {
  const files = globSync("packages/*/dist/*.d.ts", { cwd: root }).sort();
  const options = ["--strict", "--target", "es2024", "--module", "nodenext", "--types", "node"];
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const args = ["--ignoreConfig", "--noEmit", ...options, "--skipLibCheck", "false", ...files];
  await run("tsc", tsc, args);
}

/** Says how a check ends. */
const reported = (name: string, checked: Promise<void>, praise: string): Promise<void> =>
  checked.then(
    () => console.log(`${name}: ${praise}`),
    (error: Error) => {
      process.exitCode = 1;
      console.error(`${name}: ${error.message}`);
    },
  );

async function main(): Promise<void> {
  const destination = mkdtempSync(join(tmpdir(), "wengert-pack-"));
  const packing = packAll(destination);
  const checkPacked = async (manifest: Manifest): Promise<void> => {
    const tarball = (await packing).get(manifest.name);
    if (tarball === undefined) throw new Error("pnpm has made no tarball of it");
    await check(tarball, manifest);
  };
  const manifests = globSync("packages/*/package.json", { cwd: root })
    .sort()
    .map((file) => readJson<Manifest>(join(root, file)))
    .filter((manifest) => !manifest.private);
  await Promise.all([
    reported("declarations", checkDeclarations(), "type-check"),
    ...manifests.map((manifest) => reported(manifest.name, checkPacked(manifest), "packs well")),
  ]);
  rmSync(destination, { recursive: true, force: true });
}

await main();
