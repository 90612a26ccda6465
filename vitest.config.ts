import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { isolation, pages, visit } from "./packages/compile/test/browser/support/pages.ts";
import { chromium } from "./packages/compile/test/browser/support/provider.ts";
import { LongestFirst } from "./test/support/sequencer.ts";

// Tests run the packages' sources, so no build can be stale. The rest are Vite's defaults.
const conditions = ["@wengert/source", "module", "node", "development|production"];

/** Where to leave a JSON report beside the readable one, for scripts that count the tests. */
const report = process.env.WENGERT_TEST_REPORT;

const exclude = ["**/node_modules/**", "**/dist/**", "**/runs/**"];

/** These want a browser. */
const inBrowser = "packages/compile/test/browser/**/*.test.ts";

/** What Node itself loads for a test (a worker, say) finds the sources, too. */
const sources = ["--conditions=@wengert/source"];

/** All cores are busy: threads on which V8 would compile and collect beside the test only cost more. */
const alone = [...sources, "--single-threaded"];

/** What ops compute, eager and compiled. Many and mostly short, so that files share a process: to start one
 *  and to read all the sources would take longer than the tests. */
const ofOps = ["test/gradcheck.test.ts", "packages/{autograd,nn,optim}/test/**/*.test.ts"];

/** Short, too, and written for eager code or for functions that they compile themselves. */
const lessons = "examples/lessons/*.test.ts";

/** Of these, what does not ask the executor that is chosen: types, and parts that are called by name. */
const whoeverExecutes = ["types/**", "fast*.test.ts", "gemm.test.ts"].map(
  (path) => `packages/autograd/test/${path}`,
);

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
    execArgv: sources,
    // Vitest would leave a core to itself, and ends with one worker that has the longest file for itself.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        extends: true,
        test: {
          name: "eager",
          provide: { gradcheckRuns: 40 },
          include: [...ofOps, lessons],
          isolate: false,
          execArgv: alone,
        },
      },
      {
        // The same files once more, every op compiled.
        extends: true,
        test: {
          name: "compiled",
          provide: { gradcheckRuns: 10 },
          include: ofOps,
          exclude: [...exclude, ...whoeverExecutes],
          setupFiles: ["test/support/compiled.ts"],
          isolate: false,
          execArgv: alone,
        },
      },
      {
        // All others, a process for each file: they choose executors, threads and memory for themselves.
        extends: true,
        test: {
          name: "apart",
          include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [...exclude, ...ofOps, lessons, inBrowser],
        },
      },
      {
        // Pages that may share memory with their workers, and others that may not. Also what Node
        // tests, but for what starts processes, reads stacks of files, or draws cases at random; and
        // of symbolic sizes, which the engine has no part in, the first file stands for the others.
        extends: true,
        plugins: [pages()],
        server: { headers: isolation },
        test: {
          name: "browser",
          include: [
            inBrowser,
            "packages/compile/test/contract/!(programs|recording|*random*|symbolic-*).test.ts",
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
