import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig, type Options } from "tsup";

interface Manifest {
  exports: Record<string, string | Record<string, string>>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const SOURCE = "@wengert/source";

/** Builds what a package's own package.json says it exports, into the places it names there. */
function build(manifestPath: string): Options {
  const folder = dirname(manifestPath);
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8")) as Manifest;
  const entry: Record<string, string> = {};
  for (const target of Object.values(manifest.exports)) {
    if (typeof target === "string" || !target[SOURCE] || !target.default) continue;
    const name = target.default.replace("./dist/", "").replace(/\.js$/, "");
    entry[name] = join(folder, target[SOURCE]);
  }
  const library = { ...entry };
  // A command is run, not imported: it needs no types.
  const command = join(folder, "src", "cli.ts");
  if (existsSync(command)) entry.cli = command;
  const external = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  return {
    name: folder,
    entry,
    outDir: join(folder, "dist"),
    external: [/^node:/, ...external.map((name) => new RegExp(`^${name}(/|$)`))],
    format: "esm",
    target: "es2022",
    platform: "neutral",
    dts: { entry: library },
    sourcemap: true,
    splitting: true, // two entries of one package share one copy of every class and every state
    clean: true,
    tsconfig: "packages/tsconfig.json",
  };
}

export default defineConfig(globSync("packages/*/package.json").sort().map(build));
