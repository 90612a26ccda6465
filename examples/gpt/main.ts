import { runCli } from "./cli.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  // Loaded when it is needed, so that --help and wrong options answer at once.
  train: async (...run) => (await import("./train.ts")).train(...run),
});
