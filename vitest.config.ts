import { defineConfig } from "vitest/config";
import { isolation, pages, visit } from "./packages/compile/test/browser/support/pages.ts";
import { chromium } from "./packages/compile/test/browser/support/provider.ts";

// Tests run the packages' sources, so no build can be stale. The rest are Vite's defaults.
const conditions = ["@wengert/source", "module", "node", "development|production"];

/** Where to leave a JSON report beside the readable one, for scripts that count the tests. */
const report = process.env.WENGERT_TEST_REPORT;

const exclude = ["**/node_modules/**", "**/dist/**", "**/runs/**"];

/** These want a browser. */
const inBrowser = "packages/compile/test/browser/**/*.test.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** How many samples each check of an op draws. */
    gradcheckRuns: number;
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude,
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
          provide: { gradcheckRuns: 50 },
          include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [...exclude, inBrowser],
        },
      },
      {
        // The same files once more, every op compiled.
        extends: true,
        test: {
          name: "compiled",
          provide: { gradcheckRuns: 12 },
          include: ["test/gradcheck.test.ts", "packages/{autograd,nn,optim}/test/**/*.test.ts"],
          setupFiles: ["test/support/compiled.ts"],
        },
      },
      {
        // Pages that may share memory with their workers, and others that may not. Also what Node
        // tests, but for what starts processes, reads stacks of files, or draws cases at random.
        extends: true,
        plugins: [pages()],
        server: { headers: isolation },
        test: {
          name: "browser",
          // Some wait more than they compute.
          maxWorkers: 3,
          include: [
            inBrowser,
            "packages/compile/test/contract/!(programs|recording|random-programs).test.ts",
          ],
          browser: {
            enabled: true,
            provider: chromium(),
            headless: true,
            screenshotFailures: false,
            commands: { visit },
            instances: [{ browser: "chromium", name: "browser" }],
          },
        },
      },
    ],
  },
});
