// Which exported functions have results whose shapes the compiler computes.
import { join } from "node:path";
import ts from "typescript";

const entry = join(import.meta.dirname, "../../packages/autograd/src/index.ts");

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

/** For each exported function whether one of its signatures says more of the result than `Tensor`. */
export function shapesByName(): Map<string, boolean> {
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  return new Map(
    checker.getExportsOfModule(module).flatMap((symbol) => {
      const target =
        symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (!(target.flags & ts.SymbolFlags.Value)) return [];
      const signatures = checker.getTypeOfSymbol(target).getCallSignatures();
      const results = signatures.map((it) => checker.typeToString(it.getReturnType()));
      return [[symbol.name, results.some((result) => !/^(Tensor(<any>)?|void)$/.test(result))]];
    }),
  );
}
