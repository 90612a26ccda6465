/** Runs the TypeScript compiler over fixtures of this folder. */

import { dirname, join, resolve } from "node:path";
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

/** The compiler's errors in a fixture; `text`, if given, is compiled in place of the file's. */
export function compile(fixture: string, text?: string): Message[] {
  const path = join(folder, fixture);
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.readFile = (name) => (text !== undefined && resolve(name) === path ? text : readFile(name));
  host.getSourceFile = (name, language, onError) =>
    text !== undefined && resolve(name) === path
      ? ts.createSourceFile(name, text, language)
      : getSourceFile(name, language, onError);
  // Every import in the fixtures and the shapes is relative; only the tensor class is exchanged.
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map((literal) => {
      const target = resolve(dirname(from), literal.text);
      const resolvedFileName = target === realTensor ? standIn : target;
      return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } };
    });
  const program = ts.createProgram([path], options, host);
  return ts.getPreEmitDiagnostics(program).map(toMessage);
}

function toMessage({ file, start = 0, messageText }: ts.Diagnostic): Message {
  const text = ts.flattenDiagnosticMessageText(messageText, "\n");
  if (!file) return { source: "", line: 0, text };
  const line = ts.getLineAndCharacterOfPosition(file, start).line;
  return { source: file.text.split("\n")[line]!.trim(), line, text };
}
