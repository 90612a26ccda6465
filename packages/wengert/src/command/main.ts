// What the command does with its arguments.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { CommandError } from "./errors.ts";
import { renderHtml } from "./html.ts";
import { renderJson } from "./json.ts";
import { help, parseOptions, type Options } from "./options.ts";
import { Progress, type Stream } from "./progress.ts";
import { cellsOf, run, type Report } from "./run.ts";
import { nearest } from "./suggest.ts";
import { painter, renderText } from "./table.ts";

export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

const commands = ["gradcheck"];

/** Runs the command and returns its exit code: 0 for passed, 1 for failed, 2 for a wrong request,
 *  130 when it was interrupted. */
export async function main(args: readonly string[], streams: Streams): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === "--help" || command === "-h") {
    streams.stdout.write(help);
    return command === undefined ? 2 : 0;
  }
  if (command === "--version" || command === "-v") {
    streams.stdout.write(`${versionOf()}\n`);
    return 0;
  }
  try {
    if (!commands.includes(command)) throw unknownCommand(command);
    const options = parseOptions(rest);
    if (options.help) {
      streams.stdout.write(help);
      return 0;
    }
    return await gradcheck(options, streams);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    streams.stderr.write(`${error.message}\nAll options: npx wengert gradcheck --help\n`);
    return 2;
  }
}

const versionOf = (): string => {
  const manifest = createRequire(import.meta.url)("wengert/package.json") as { version: string };
  return manifest.version;
};

function unknownCommand(command: string): CommandError {
  const meant = nearest(command, commands);
  const isFile = /\.[cm]?[jt]s$/.test(command);
  const advice =
    isFile || meant !== undefined
      ? `Did you mean wengert gradcheck${isFile ? ` ${command}` : ""}?`
      : "There is one: wengert gradcheck FILE….";
  return new CommandError("wengert", "a command", JSON.stringify(command), advice);
}

async function gradcheck(options: Options, { stdout, stderr }: Streams): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once("SIGINT", interrupt);
  const progress = new Progress(stderr);
  try {
    const report = await run(options, progress, controller.signal);
    publish(report, options, stdout);
    if (report.isPartial) return 130;
    return cellsOf(report).some(({ status }) => status === "failed") ? 1 : 0;
  } finally {
    progress.stop();
    process.off("SIGINT", interrupt);
  }
}

function publish(report: Report, { json, html }: Options, stdout: Stream): void {
  if (json === "-") stdout.write(renderJson(report));
  else {
    stdout.write(renderText(report, stdout.columns ?? 120, painter(stdout)));
    if (json !== undefined) write(json, renderJson(report));
  }
  if (html !== undefined) write(html, renderHtml(report));
  for (const file of [json, html]) {
    if (file !== undefined && file !== "-" && json !== "-") stdout.write(`written: ${file}\n`);
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(file, "a file that can be written", message, "Name another.", error);
  }
}
