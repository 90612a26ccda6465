import { defineConfig } from "vitest/config";

// Tests run the packages' sources, so no build can be stale. The rest are Vite's defaults.
const conditions = ["@wengert/source", "module", "node", "development|production"];

/** Where to leave a JSON report beside the readable one, for scripts that count the tests. */
const report = process.env.WENGERT_TEST_REPORT;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ["**/node_modules/**", "**/dist/**", "**/runs/**"],
    // A hang is an error; how long a test takes on a busy machine is not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What Node itself loads for a test (a worker, say) finds the sources, too.
    execArgv: ["--conditions=@wengert/source"],
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        extends: true,
        test: {
          name: "eager",
          include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts", "examples/**/*.test.ts"],
        },
      },
      {
        // The same files once more, every op compiled.
        extends: true,
        test: {
          name: "compiled",
          include: ["test/gradcheck.test.ts", "packages/{autograd,nn,optim}/test/**/*.test.ts"],
          setupFiles: ["test/support/compiled.ts"],
        },
      },
    ],
  },
});
