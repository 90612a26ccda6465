import { decode } from "fast-png";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { compare } from "../comparison.ts";
import { dataset, finishedRun } from "../fixtures.ts";
import { parseOptions } from "../options.ts";
import type { TrainResult } from "../types.ts";
import { buildReport } from "./report.ts";

function build(result: TrainResult = finishedRun(), args: string[] = []): string {
  return buildReport({
    options: parseOptions(["--seed", "7", ...args]),
    network: "784-300-10",
    data: { train: dataset(30), test: dataset(20) },
    result,
    rows: compare("784-300-10, adam", 0.2, "this run"),
    startedAt: new Date("2026-01-02T03:04:05Z"),
  });
}

const page = build();
const { document } = parseHTML(page);
const all = (selector: string) => [...document.querySelectorAll(selector)];
const text = (selector: string) =>
  all(selector).map((e) => e.textContent.trim().replace(/\s+/g, " "));

function pixels(uri: string) {
  return decode(Buffer.from(uri.replace("data:image/png;base64,", ""), "base64"));
}

describe("the report", () => {
  test("asks no network for anything", () => {
    expect(page).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/i);
    expect(all("script, link, iframe, object, embed, base")).toEqual([]);
    const addresses = all("[src], [href], [srcset]").map((e) => e.getAttribute("src") ?? "");
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/^data:image\/png;base64,/);
    const policy = all("meta[http-equiv]")[0]!.getAttribute("content");
    expect(policy).toContain("default-src 'none'");
  });

  test("has all sections, each with a heading that names it", () => {
    expect(all("section").map((s) => s.getAttribute("aria-labelledby"))).toEqual([
      "comparison",
      "curves",
      "confusion",
      "mistakes",
      "weights",
      "details",
    ]);
    for (const section of all("section")) {
      const heading = document.getElementById(section.getAttribute("aria-labelledby")!);
      expect(heading?.tagName).toBe("H2");
    }
  });

  test("has no number that is none", () => {
    expect(page.replace(/base64,[^"]*/g, "")).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test("says the test error and what it is made of", () => {
    expect(text("h1")).toEqual(["20.00 % test error"]);
    expect(text(".hero p")[0]).toMatch(/^4 of 20 handwritten digits/);
    expect(text(".tiles dt")).toContain("training accuracy");
  });

  test("puts the run beside the published networks", () => {
    expect(text(".bars .figure")).toEqual(["20.00 %", "4.7 %", "3.05 %", "1.6 %", "0.95 %"]);
    expect(text(".bars .own th")[0]).toContain("784-300-10, adam");
    expect(all(".bars .bar")[0]!.getAttribute("style")).toBe("--part:100.0%");
  });

  test("draws both curves, with names and descriptions", () => {
    const charts = all("svg.chart");
    expect(charts.map((c) => c.querySelector("title")?.textContent)).toEqual(["Loss", "Accuracy"]);
    for (const chart of charts) {
      expect(chart.getAttribute("role")).toBe("img");
      const description = document.getElementById(chart.getAttribute("aria-describedby")!);
      expect(description?.textContent).toContain("Epoch 1 to 2");
      const lines = [...chart.querySelectorAll('[aria-label="line"] path')];
      expect(lines.length).toBeGreaterThanOrEqual(2);
      for (const line of lines) expect(line.getAttribute("d")).toMatch(/^M[\d.]+,[\d.]+L/);
      expect(chart.querySelectorAll('[aria-label="dot"] circle').length).toBeGreaterThanOrEqual(2);
    }
    expect(text("details tbody tr")).toHaveLength(2);
  });

  test("counts every test image in the confusion matrix", () => {
    const cells = all(".confusion tbody tr").map((row) =>
      [...row.querySelectorAll("td:not(.rate)")].map((cell) => Number(cell.textContent) || 0),
    );
    expect(cells).toEqual(finishedRun().confusion);
    expect(text(".confusion tbody .rate")[0]).toBe("100.0 %");
    expect(text(".confusion tbody .rate")[1]).toBe("0.0 %");
  });

  test("shows the mistakes as images of the digits", () => {
    const { mistakes } = finishedRun();
    const shown = all(".mistakes img");
    expect(shown.map((image) => image.getAttribute("alt"))).toEqual(
      mistakes.map((m) => `A handwritten ${m.label} that was read as ${m.predicted}`),
    );
    const png = pixels(shown[0]!.getAttribute("src")!);
    expect([png.width, png.height, png.channels]).toEqual([28, 28, 2]);
    expect(Uint8Array.from(png.data).filter((_, i) => i % 2 === 1)).toEqual(mistakes[0]!.pixels);
  });

  test("shows the weights: sign as colour, size as strength", () => {
    const shown = all(".neurons img");
    expect(shown).toHaveLength(3);
    for (const image of shown) {
      const { data, width, height } = pixels(image.getAttribute("src")!);
      expect([width, height]).toEqual([28, 28]);
      const alphas = data.filter((_, i) => i % 4 === 3);
      expect(Math.max(...alphas)).toBe(255);
      expect(Math.min(...alphas)).toBe(0);
    }
  });

  test("gives the command that repeats the run", () => {
    expect(text(".command")[0]).toMatch(
      /^npm start -- --model mlp --hidden 300 .*--seed 7 --limit 60000$/,
    );
  });

  test("escapes what it is given", () => {
    expect(page).toContain("Linear(784, 3) &#60;first&#62;");
  });
});

describe("a report on an unusual run", () => {
  const clean = (html: string) => html.replace(/base64,[^"]*/g, "");

  test("of which every digit was read correctly", () => {
    const confusion = Array.from({ length: 10 }, (_, i) => Array(10).fill(0).with(i, 2));
    const perfect = build({ ...finishedRun(), confusion, mistakes: [] });
    expect(perfect).toContain("every test image was read correctly");
    expect(clean(perfect)).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("that was ended within its first epoch, with a loss of zero", () => {
    const run = finishedRun();
    const epochs = [{ ...run.epochs[0]!, epoch: 0.25, testLoss: 0 }];
    const history = [
      { epoch: 0.1, loss: 0.5 },
      { epoch: 0.2, loss: 0 },
    ];
    const ended = build({ ...run, epochs, history, interrupted: true });
    expect(ended).toContain("Ended by hand after 0.25 epochs.");
    expect(clean(ended)).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("with neurons whose weights are all zero, and more than are seen at once", () => {
    const weights = Array.from({ length: 130 }, () => new Float32Array(784));
    const many = build({ ...finishedRun(), weights });
    expect(many).toContain("The 96 of 130 neurons");
    expect(many).toContain("The other 34");
    expect(many.match(/class="neuron"/g)).toHaveLength(130);
  });

  test("of the convolutional network, run op after op", () => {
    const weights = Array.from({ length: 6 }, (_, i) => new Float32Array(25).fill(i - 2));
    const lenet = build({ ...finishedRun(), weights }, ["--model", "lenet5", "--eager"]);
    const parsed = parseHTML(lenet).document;
    expect(lenet).toContain("All 6 kernels of 5 × 5");
    expect(lenet).toContain("LeCun et al. 1998, LeNet-5: 99.05 %");
    const [first] = parsed.querySelectorAll(".neurons img");
    expect(pixels(first.getAttribute("src")!)).toMatchObject({ width: 5, height: 5 });
    const command = parsed.querySelector(".command")!.textContent.replace(/\s+/g, " ");
    expect(command).toMatch(/^npm start -- --model lenet5 --epochs 12 .*--eager$/);
    expect(parsed.querySelector("#timeline")).toBeNull();
  });

  test("that was compiled has the program's timeline in it", () => {
    const picture = '<svg xmlns="http://www.w3.org/2000/svg"><g id="own"></g></svg>';
    const compiled = build({ ...finishedRun(), timeline: () => picture });
    const section = parseHTML(compiled).document.querySelector("#own")!.closest("section")!;
    expect(section.textContent).toContain("one WebAssembly program");
    expect(compiled).not.toMatch(/https?:/);
  });
});
