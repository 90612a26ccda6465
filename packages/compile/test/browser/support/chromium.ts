// A Chromium for the tests: the system's where there is one, else that of @sparticuz/chromium, which
// npm has brought and which needs nothing of the system but the C library.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** How to start a Chromium. */
export interface Chromium {
  readonly executablePath: string;
  readonly env: Record<string, string>;
}

/** The first with relaxed SIMD: what is older is passed over. */
const oldestVersion = 114;

const root = join(import.meta.dirname, "../../../../..");

/** The Chromium to test with. @throws where none starts, saying which were tried and what to do. */
export async function findChromium(): Promise<Chromium> {
  const { WENGERT_CHROMIUM: wanted } = process.env;
  const tried: string[] = [];
  for (const path of wanted ? [wanted] : candidates()) {
    const chromium = { executablePath: path, env: environment() };
    const problem = complaint(chromium);
    if (problem === null) return chromium;
    tried.push(`${path}: ${problem}`);
  }
  if (wanted) throw noneStarts(tried);
  try {
    const chromium = await broughtAlong();
    const problem = complaint(chromium);
    if (problem === null) return chromium;
    tried.push(`${chromium.executablePath}: ${problem}`);
  } catch (error) {
    tried.push(`@sparticuz/chromium could not be unpacked: ${String(error)}`);
  }
  throw noneStarts(tried);
}

const noneStarts = (tried: readonly string[]): Error =>
  new Error(
    "the browser tests need Chromium or Chrome, and none starts on this machine:\n" +
      tried.map((line) => `  ${line}\n`).join("") +
      "Install one, or set WENGERT_CHROMIUM to the path of one. Without a browser, the other tests " +
      "run with: vitest run --project eager --project compiled --project apart",
  );

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const places: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["Google Chrome", "Chromium"].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  ),
  win32: ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"].map((name) =>
    join(process.env[name] ?? "", "Google", "Chrome", "Application", "chrome.exe"),
  ),
};

function candidates(): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...onPath, ...(places[process.platform] ?? [])].filter((path) => existsSync(path));
}

/** The environment with more variables. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]);
  return { ...Object.fromEntries(own), ...more };
}

/** Why this Chromium does not start, or null. Some distributions have a script in its place that says
 *  what to install instead. */
function complaint({ executablePath, env }: Chromium): string | null {
  // There Chrome opens a window when asked for its version.
  if (process.platform === "win32") return null;
  const options = { env, encoding: "utf8", timeout: 30_000 } as const;
  const { error, stdout, stderr } = spawnSync(executablePath, ["--version"], options);
  if (error) return error.message;
  const version = Number(/(\d+)\.\d+\.\d+/.exec(stdout)?.[1] ?? NaN);
  if (version >= oldestVersion) return null;
  if (version < oldestVersion) return `its version is ${version}, and ${oldestVersion} is wanted`;
  const [said] = `${stderr}\n${stdout}`.trim().split("\n");
  return `it has no version and says "${said}"`;
}

/** Unpacks the Chromium of the package once. It brings what a bare container lacks: NSS and fonts. */
async function broughtAlong(): Promise<Chromium> {
  const main = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const folder = dirname(dirname(main));
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const home = join(root, "node_modules", ".cache", `chromium-${version}`);
  if (!existsSync(home)) await unpack(join(folder, "bin"), home);
  return {
    executablePath: join(home, "chromium"),
    env: environment({
      LD_LIBRARY_PATH: [join(home, "al2023", "lib"), process.env.LD_LIBRARY_PATH]
        .filter(Boolean)
        .join(delimiter),
      FONTCONFIG_FILE: join(home, "fonts.conf"),
    }),
  };
}

/** The package's own names folders that only a serverless platform has, and a page's renderer ends when
 *  there is no font at all. */
const fontConfig =
  '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">' +
  '<fontconfig><dir prefix="relative">fonts</dir></fontconfig>\n';

/** Under another name until all is there: several runs may come here at the same time. The package
 *  unpacks into the system's temporary folder, wherever that is said to be. */
async function unpack(bin: string, home: string): Promise<void> {
  const { inflate } = await import("@sparticuz/chromium");
  mkdirSync(dirname(home), { recursive: true });
  const draft = mkdtempSync(`${home}-`);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = draft;
  const archives = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
  const unpacking = archives.map((name) => inflate(join(bin, name)));
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  try {
    await Promise.all(unpacking);
    writeFileSync(join(draft, "fonts.conf"), fontConfig);
    if (!existsSync(home)) renameSync(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
