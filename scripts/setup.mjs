// Prepares a fresh checkout, then runs a script on the Node that the project brings along.
//
//   node scripts/setup.mjs                      installs the dependencies if anything has changed
//   node scripts/setup.mjs file.ts [argument…]  the same, then runs file.ts on the project's Node
//
// This file is plain JavaScript because it is the one that runs on the host's own Node (20 or
// later). It writes to stderr only: stdout belongs to the script that follows.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".wengert-setup");
const nodeBinary = join(root, "node_modules", "node", "bin", executable("node"));

function executable(name) {
  return process.platform === "win32" ? `${name}.exe` : name;
}

/**
 * The package.json files of the workspace: the root's, and those up to two folders below it.
 * @returns {string[]}
 */
function manifests(folder = root, depth = 2) {
  const found = existsSync(join(folder, "package.json")) ? [join(folder, "package.json")] : [];
  if (depth === 0) return found;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules" || entry.name[0] === ".") continue;
    found.push(...manifests(join(folder, entry.name), depth - 1));
  }
  return found;
}

/** A text that changes whenever an install would do something. */
function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const files = [join(root, "pnpm-lock.yaml"), join(root, "pnpm-workspace.yaml"), ...manifests()];
  for (const file of files) {
    hash.update(`\0${file}\0`).update(existsSync(file) ? readFileSync(file) : "");
  }
  return hash.digest("hex");
}

function isReady() {
  if (!existsSync(stamp) || !existsSync(nodeBinary)) return false;
  return readFileSync(stamp, "utf8") === fingerprint();
}

function install() {
  process.stderr.write("Setting up…\n");
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // The checkout's .npmrc keeps npm silent; a failing install may speak.
  const env = { ...process.env, npm_config_loglevel: "error" };
  const result = spawnSync(
    "npx",
    ["--yes", packageManager, "install", "--prefer-offline", "--reporter=append-only"],
    { cwd: root, env, encoding: "utf8", shell: process.platform === "win32", maxBuffer: 1 << 28 },
  );
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}\n`);
    process.stderr.write(`Setting up failed: ${packageManager} install did not succeed.\n`);
    process.exit(result.status || 1);
  }
  writeFileSync(stamp, fingerprint());
}

function run(script, args) {
  // The examples import the packages by name and get their sources, so they need no build.
  const child = spawn(nodeBinary, ["--conditions=@wengert/source", script, ...args], {
    cwd: root,
    stdio: "inherit",
  });
  // Ctrl-C in a terminal reaches the child by itself, and npm sends this process a second one;
  // only without a terminal is it up to us. Either way we stay until the child has ended.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    process.stderr.write(`Could not start ${nodeBinary}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}

if (!isReady()) install();
const [script, ...args] = process.argv.slice(2);
if (script !== undefined) run(script, args);
