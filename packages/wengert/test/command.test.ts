// The command, from end to end.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { main } from "../src/command/main.ts";

const root = join(import.meta.dirname, "../../..");
const example = "examples/gradcheck/ops.ts";
const folder = mkdtempSync(join(tmpdir(), "wengert-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function wengert(...args: string[]) {
  const bin = join(root, "packages/wengert/bin/wengert.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** The same without a process. */
async function run(...args: string[]) {
  let [stdout, stderr] = ["", ""];
  const status = await main(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { status, stdout, stderr };
}

interface Json {
  readonly failed: number;
  readonly results: readonly {
    readonly name: string;
    readonly checks: readonly {
      readonly check: string;
      readonly status: string;
      readonly slope: number | string | null;
      readonly failure: { readonly inputs: string[]; readonly replay: string } | null;
    }[];
  }[];
}

describe("the wrong op of the example", () => {
  const [json, html] = [join(folder, "report.json"), join(folder, "report.html")];
  const all = wengert("gradcheck", example, "--json", json, "--html", html);
  const report = JSON.parse(readFileSync(json, "utf8")) as Json;
  const page = readFileSync(html, "utf8");

  it("is shown in the terminal, shrunk, beside what is right", () => {
    expect(all.status).toBe(1);
    expect(all.stdout).toMatch(/^huber +✓ +✓/m);
    expect(all.stdout).toMatch(/^wrongHuber +✓ +✗ +✗ +✓/m);
    expect(all.stdout).toContain("✗ wrongHuber, reverse\n  input 0  float []: [1.1");
    expect(all.stdout).toContain("The Taylor remainder falls as h^1.00");
    expect(all.stdout).toMatch(/3 ops and functions, .*: 3 checks failed/);
    expect(all.stderr).toBe("");
  });

  it("is in the JSON", () => {
    expect(report.failed).toBe(3);
    const [wrong] = report.results.filter(({ name }) => name === "wrongHuber");
    const failed = wrong.checks.filter(({ status }) => status === "failed");
    expect(failed.map(({ check }) => check)).toEqual(["reverse", "forward", "Taylor"]);
    const [right] = report.results.filter(({ name }) => name === "linearLoss");
    expect(right.checks.find(({ check }) => check === "Taylor")!.slope).toBeGreaterThan(1.75);
  });

  it("is in the page, which asks nothing of a network", () => {
    expect(page).toContain(
      '<section class="failure" id="examples-gradcheck-ops-ts-wrongHuber-reverse">',
    );
    expect(page).toContain("float []: [1.1");
    expect(page).toMatch(
      /<td class="failed"><a href="#examples-gradcheck-ops-ts-wrongHuber-reverse">/,
    );
    expect(page).not.toMatch(/<script|src=|https?:/);
  });

  it("is replayed by the line that the report has", () => {
    const { failure } = report.results
      .flatMap(({ checks }) => checks)
      .find(({ status }) => status === "failed")!;
    expect(failure!.replay).toMatch(
      /^npx wengert gradcheck examples\/gradcheck\/ops\.ts --only wrong/,
    );
    const args = failure!.replay.split(" ").slice(2);
    const again = wengert(...args);
    expect(again.status).toBe(1);
    expect(again.stdout).toContain(`  input 0  ${failure!.inputs[0]}`);
    expect(again.stdout).toContain("1 op or function, 1 check, 0 samples");
  });
});

describe("many failures of one reason", () => {
  const file = join(folder, "throws.mjs");
  const autograd = JSON.stringify(import.meta.resolve("@wengert/autograd"));
  writeFileSync(
    file,
    `import { checkable, tensor, sum, abs } from ${autograd};
export const broken = checkable((x) => { throw new TypeError("not today"); }, [{ shape: [2] }]);
export const kink = checkable((x) => sum(abs(x)), [tensor([0, 1], { dtype: "float64" })]);
`,
  );

  it("are shown once, with the other checks by name", async () => {
    const html = join(folder, "throws.html");
    const args = ["--only", "broken", "--check", "reverse,forward,vmap", "--html", html];
    const { status, stdout } = await run("gradcheck", file, ...args);
    expect(status).toBe(1);
    expect(stdout.match(/^✗ broken/gm)).toHaveLength(1);
    expect(stdout).toMatch(
      /found {4}TypeError: not today at .*throws\.mjs:2\n {2}also in {2}forward, vmap/,
    );
    const page = readFileSync(html, "utf8");
    const [, id] = /<section class="failure" id="([^"]+)">/.exec(page)!;
    expect(page.split(`<a href="#${id}">failed</a>`)).toHaveLength(4);
    expect(page.indexOf("<table>")).toBeLessThan(page.indexOf(`id="${id}"`));
  });

  it("are replayed where there was nothing to choose", async () => {
    const { stdout } = await run("gradcheck", file, "--only", "kink", "--check", "second order");
    const [, line] = /replay {3}npx wengert (.*)/.exec(stdout)!;
    const args = line.replace('"second order"', "second§order").split(" ");
    expect(args.at(-1)).toBe("--path=");
    const again = await run(...args.map((arg) => arg.replace("§", " ")));
    expect(again).toMatchObject({ status: 1, stderr: "" });
    expect(again.stdout).toContain("input 0  float [2]: [0,1]");
  });
});

describe("the command", () => {
  it("passes what is right, and takes lists, labels and seeds", async () => {
    const args = ["--only", "huber,linearLoss", "--check", "value,rev", "--check", "second order"];
    const { status, stdout } = await run(
      "gradcheck",
      example,
      ...args,
      "--seed",
      "3",
      "--runs",
      "5",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/2 ops and functions, 5 checks, \d+ samples in .*: all passed/);
  });

  it("writes nothing but JSON where that is wanted on the standard output", async () => {
    const { stdout } = await run("gradcheck", example, "--only", "huber", "--runs", "2", "--json");
    expect((JSON.parse(stdout) as Json).failed).toBe(0);
  });

  it("prints its help", async () => {
    expect((await run("--help")).stdout).toContain("wengert gradcheck FILE…");
    expect(await run("gradcheck", "-h")).toMatchObject({ status: 0, stderr: "" });
    expect((await run()).status).toBe(2);
  });

  it("prints its version", async () => {
    expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("takes patterns, and each file once", async () => {
    const args = ["--check", "value", "--runs", "1"];
    const { status, stdout } = await run(
      "gradcheck",
      "examples/gradcheck/*.ts",
      `./${example}`,
      ...args,
    );
    expect([status, stdout.match(/^huber/gm)!.length]).toEqual([0, 1]);
  });

  it("says where a file does not parse", () => {
    const garbled = join(folder, "garbled.mts");
    writeFileSync(garbled, "\nexport const x = ;\n");
    const { status, stderr } = wengert("gradcheck", garbled);
    expect(stderr).toMatch(/got an error \(.*\) at .*garbled\.mts:2\. Mend it first/);
    expect(status).toBe(2);
  });

  const empty = join(folder, "empty.mjs");
  writeFileSync(empty, "export const answer = 42;\n");
  const broken = join(folder, "broken.mjs");
  writeFileSync(broken, 'throw new Error("not today");\n');

  it.each([
    [["gradchek"], 'got "gradchek". Did you mean wengert gradcheck?'],
    [["ops.ts"], "Did you mean wengert gradcheck ops.ts?"],
    [["gradcheck"], "expected a file to check, got none."],
    [["gradcheck", "x.ts"], "x.ts: expected a file, got none of this name."],
    [["gradcheck", example, "--run", "3"], "Did you mean --runs?"],
    [["gradcheck", example, "--quick"], "The options are --runs, --seed,"],
    [["gradcheck", example, "--runs", "0"], 'a whole number from 1 to 999999999, got "0"'],
    [["gradcheck", example, "--runs"], "--runs: expected a value, got none."],
    [["gradcheck", example, "--html", "--json"], "expected a value, got the next option, --json"],
    [["gradcheck", example, "--help=yes"], "expected no value"],
    [["gradcheck", example, "--only", "hubr"], 'got "hubr". Did you mean huber?'],
    [["gradcheck", example, "--check", "fowrard"], "Did you mean forward?"],
    [["gradcheck", example, "--path", "1.2"], "one file, one --only and one --check beside it"],
    [
      ["gradcheck", example, "--only", "huber", "--check", "rev", "--path", "x"],
      "whole numbers with dots",
    ],
    [["gradcheck", example, "--html", folder], "expected a file, got the folder"],
    [["gradcheck", example, "--html", join(folder, "no/a.html")], "Make the folder first"],
    [
      ["gradcheck", empty],
      "got one that exports answer. Write e.g. export const loss = checkable(",
    ],
    [["gradcheck", broken], "got an error (not today) at"],
    [
      ["gradcheck", folder],
      `expected a file, got a folder. Name its files, e.g. "${folder}/*.ts".`,
    ],
    [["gradcheck", "nothing/*.ts"], "a pattern that matches files, got none"],
  ])("%j is refused with advice", async (args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});
