// Finds the peers, installs those that npm has, and runs them. A peer that is missing costs its
// column and a line that says why; it never stops the benchmark.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { complaintIn, run, runContender } from "./child.ts";
import type { Budget } from "./measure.ts";
import type { Outcome, PeerColumn, WorkloadId } from "./types.ts";

const folder = join(import.meta.dirname, "peers");
const INSTALL_LIMIT_MS = 300_000;
const TORCH = join(folder, "torch_bench.py");

export type Meter = (workload: WorkloadId, budget: Budget) => Promise<Outcome>;

export interface Peers {
  /** A peer that is missing has none. */
  readonly meters: Partial<Record<PeerColumn, readonly Meter[]>>;
  /** What was found, e.g. "jax-js 0.1.25", and what was not and why. */
  readonly about: readonly string[];
}

export const NO_PEERS: Peers = { meters: {}, about: ["no peers (--no-peers)"] };

export async function findPeers(python: string | undefined): Promise<Peers> {
  const found = [await findTorch(python), await findScripts()];
  return {
    meters: Object.assign({}, ...found.map(({ meters }) => meters)) as Peers["meters"],
    about: found.flatMap(({ about }) => about),
  };
}

/** PyTorch is used where a Python has it; it is never installed. */
async function findTorch(python: string | undefined): Promise<Peers> {
  const candidates = python === undefined ? ["python3", "/usr/bin/python3"] : [python];
  let why = "";
  for (const candidate of candidates) {
    const { stdout, stderr, code } = await run(candidate, [TORCH, "--probe"]);
    if (code === 0) return torchPeers(candidate, JSON.parse(stdout) as TorchProbe);
    why = complaintIn(stderr) ?? `it ended with code ${code}`;
  }
  const advice = "name a Python that can import torch with --python PATH";
  return { meters: {}, about: [`no PyTorch: ${candidates.join(", ")}: ${why}; ${advice}`] };
}

interface TorchProbe {
  readonly version: string;
  readonly blas: string | null;
}

function torchPeers(python: string, { version, blas }: TorchProbe): Peers {
  const about = [`PyTorch ${version} (${python}${blas === null ? "" : `, ${blas}`})`];
  // Debian's libblas3, which is what its PyTorch gets unless something faster is installed.
  if (blas !== null && /\/blas\/libblas/.test(blas)) {
    about.push(
      "PyTorch is NOT at its best: its products come from the reference BLAS, which is 10 to 40 " +
        "times slower than OpenBLAS (Debian: libopenblas0-pthread)",
    );
  }
  const meters = {
    pytorch1: torchMeters(python, 1),
    pytorch2: torchMeters(python, 2),
  };
  return { meters, about };
}

/** Whether waiting threads should spin or sleep differs by workload, by a factor of up to 3. */
const torchMeters = (python: string, threads: number): Meter[] =>
  ["active", "passive"].map((policy) => (workload, budget) => {
    const env = {
      OMP_WAIT_POLICY: policy,
      OMP_NUM_THREADS: String(threads),
      OPENBLAS_NUM_THREADS: String(threads),
    };
    const args = [TORCH, workload, String(threads), JSON.stringify(budget)];
    return runContender(python, args, { env });
  });

async function findScripts(): Promise<Peers> {
  const problem = await install();
  if (problem !== undefined) {
    return { meters: {}, about: [`no jax-js and no TensorFlow.js: ${problem}`] };
  }
  const about = [
    `jax-js ${versionOf("@jax-js/jax")} (wasm, jit)`,
    `TensorFlow.js ${versionOf("@tensorflow/tfjs")} (wasm)`,
  ];
  return {
    meters: { jaxjs: [scriptMeter("jaxjs.mjs")], tfjsWasm: [scriptMeter("tfjs.mjs")] },
    about,
  };
}

function scriptMeter(script: string): Meter {
  return (workload, budget) =>
    runContender(process.execPath, [join(folder, script), workload, JSON.stringify(budget)]);
}

function versionOf(name: string): string {
  const manifest = readFileSync(join(folder, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Installs what peers/package-lock.json says, once; returns what went wrong. */
async function install(): Promise<string | undefined> {
  const stamp = join(folder, "node_modules", ".wengert-peers");
  const lock = readFileSync(join(folder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  process.stderr.write("Installing the JavaScript peers…\n");
  const args = [
    "ci",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=1",
  ];
  const { stderr, code } = await run("npm", args, {
    cwd: folder,
    // The checkout's .npmrc keeps npm silent; a failing install may speak.
    env: { npm_config_loglevel: "error" },
    limitMs: INSTALL_LIMIT_MS,
    shell: process.platform === "win32",
  });
  if (code !== 0) return `npm ci did not succeed: ${stderr.trim().split("\n")[0]}`;
  writeFileSync(stamp, wanted);
  return undefined;
}
