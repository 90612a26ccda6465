/** Runs the TypeScript compiler over fixtures of this folder. */

import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = dirname(fileURLToPath(import.meta.url));
const realTensor = resolve(folder, "../../src/tensor/tensor.ts");
const standIn = join(folder, "stand-in.ts");

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
};

export interface Message {
  /** The line of source the error points at, without its indentation. */
  readonly source: string;
  readonly line: number;
  readonly text: string;
}

/**
 * The compiler's errors by the files that they are in, without those that have none. All fixtures are
 * one program, so that the shapes are checked once. `texts`: more fixtures, which are no files.
 */
export function compile(
  fixtures: readonly string[],
  texts: ReadonlyMap<string, string>,
): Map<string, Message[]> {
  const virtual = new Map([...texts].map(([name, text]) => [join(folder, name), text]));
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => virtual.has(resolve(name)) || disk.fileExists(name),
    readFile: (name) => virtual.get(resolve(name)) ?? disk.readFile(name),
    getSourceFile: (name, language, onError) => {
      const text = virtual.get(resolve(name));
      if (text === undefined) return disk.getSourceFile(name, language, onError);
      return ts.createSourceFile(name, text, language);
    },
    // Every import in the fixtures and the shapes is relative; only the tensor class is exchanged.
    resolveModuleNameLiterals: (literals, from) =>
      literals.map((literal) => {
        const target = resolve(dirname(from), literal.text);
        const resolvedFileName = target === realTensor ? standIn : target;
        return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } };
      }),
  };
  const roots = [...fixtures.map((fixture) => join(folder, fixture)), ...virtual.keys()];
  const found = new Map<string, Message[]>();
  for (const diagnostic of ts.getPreEmitDiagnostics(ts.createProgram(roots, options, host))) {
    const name = diagnostic.file ? relative(folder, diagnostic.file.fileName) : "";
    found.set(name, [...(found.get(name) ?? []), toMessage(diagnostic)]);
  }
  return found;
}

function toMessage({ file, start = 0, messageText }: ts.Diagnostic): Message {
  const text = ts.flattenDiagnosticMessageText(messageText, "\n");
  if (!file) return { source: "", line: 0, text };
  const line = ts.getLineAndCharacterOfPosition(file, start).line;
  return { source: file.text.split("\n")[line]!.trim(), line, text };
}
