import { describe, expect, it } from "vitest";
import { showBytes, showFlops, showTime } from "../src/explain/format.ts";
import { renderHtml } from "../src/explain/html.ts";
import { renderSvg } from "../src/explain/svg.ts";
import { renderText } from "../src/explain/text.ts";
import type { KernelReport, Report } from "../src/explain/types.ts";
import { tagsOf } from "./explain.support.ts";

const span = (start: number, end: number) => ({ start, end, microseconds: end - start });

/** A program of three forms on two threads, with times that nobody measured. */
function fixedReport(): Report {
  const kernel = (it: Partial<KernelReport>): KernelReport => {
    const { flops = 0, spans = [] } = it;
    const microseconds = Math.max(...spans.map((one) => one?.microseconds ?? 0));
    return {
      kind: "map",
      ops: ["relu"],
      description: "[64, 256]",
      flops,
      bytes: 1024,
      microseconds,
      gflops: flops / microseconds / 1e3,
      isSerial: false,
      spans,
      ...it,
    };
  };
  const product = {
    kind: "contract",
    ops: ["contract", "add"],
    description: "[64, 784] × [784, 256]",
    flops: 25_690_112,
    bytes: 1_100_000,
  } as const;
  return {
    kernels: [
      kernel({ ...product, spans: [span(10, 210), span(20, 180)] }),
      kernel({ flops: 16_384, spans: [span(210, 215), span(215, 219)] }),
      kernel({ ...product, spans: [span(220, 420), span(221, 422)] }),
      kernel({
        kind: "host",
        ops: ["a<b>&'c'"],
        description: "[3] → [3]",
        isSerial: true,
        spans: [span(430, 450), null],
      }),
    ],
    flops: 51_396_608,
    bytes: 2_202_048,
    arenaBytes: 199_680,
    arenaLowerBound: 198_656,
    moduleBytes: 20_480,
    vectorBits: 128,
    constantsBytes: 52,
    threads: 2,
    milliseconds: 0.5,
    barriers: 3,
    hostOps: ["a<b>&'c'"],
    compilations: 1,
    symbolic: [],
  };
}

describe("a report", () => {
  it("as text", () => {
    expect(`\n${renderText(fixedReport())}\n`).toMatchInlineSnapshot(`
      "
      time     500 µs on 2 threads, 3 barriers
      busy     85.0 % and 73.0 % of the time in kernels
      work     51.4 MFLOP, 103 GFLOP/s
      traffic  2.10 MiB, 4.40 GB/s
      kernels  4, 1 of them on one thread
      memory   195 KiB for intermediate values (lower bound 194 KiB: alive at one time), 52 B of constants
      module   20.0 KiB; 1 compilation
      host     calls out to a<b>&'c': JavaScript, on one thread

       share     time  count  kernel    over                          work  GFLOP/s  of
      80.2 %   401 µs      2  contract  [64, 784] × [784, 256]  51.4 MFLOP      128  contract+add
       4.0 %  20.0 µs      1  host      [3] → [3]                                    a<b>&'c' (one thread)
       1.0 %  5.00 µs      1  map       [64, 256]               16.4 kFLOP     3.28  relu
      "
    `);
  });

  it("as text, with the rest of many kernels in one line", () => {
    const report = fixedReport();
    const kernels = Array.from({ length: 100 }, (_, i) => ({
      ...report.kernels[1],
      description: `[${i}]`,
      microseconds: 100 - i,
    }));
    const lines = renderText({ ...report, kernels }).split("\n");
    expect(lines.filter((line) => line.includes("map"))).toHaveLength(29);
    // 71 + 70 + … + 1 of 500.
    expect(lines.at(-1)).toBe("and 71 more that take 511.2 % of the time together");
  });

  it("as a page: well formed, with every kernel in each lane and in the table", () => {
    const html = renderHtml(fixedReport(), "a <title> & more");
    expect(tagsOf(html)).toEqual([]);
    expect(html).toContain("<title>a &lt;title&gt; &amp; more</title>");
    expect(html.match(/<svg class="bar"/g)).toHaveLength(7);
    for (let i = 0; i < 4; i++) {
      expect(html).toContain(`<tr id="kernel-${i}">`);
      expect(html.split(`<a href="#kernel-${i}">`)).toHaveLength(i === 3 ? 2 : 3);
    }
    // On a phone, too, the times on the axis keep apart: each takes some 50 pixels.
    const width = Number(/min-width: (\d+)px; overflow: visible/.exec(html)?.[1] ?? 0);
    const labels = /class="quiet z0" x="([\d.]+)%" y="12"/g;
    const places = Array.from(html.matchAll(labels), ([, x]) => (Number(x) / 100) * width);
    expect(places.length).toBeGreaterThan(4);
    places.slice(1).forEach((x, i) => expect(x - places[i]).toBeGreaterThan(50));
    expect(html).toContain("calls out to a&lt;b&gt;&amp;&#39;c&#39;");
    expect(html).not.toMatch(
      /<script|<link|@import|url\(|src=|https?:(?!\/\/www\.w3\.org\/2000\/svg)/,
    );
  });

  it("as a picture to put into other pages", () => {
    const svg = renderSvg(fixedReport());
    expect(tagsOf(svg)).toEqual([]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
    expect(svg).not.toContain("href");
    // 10 to 210 of 500 microseconds.
    expect(svg).toContain(`<svg class="bar" x="2%" y="46" width="40%"`);
    expect(svg).toContain("thread 0: 200 µs from 10.0 µs on");
    const legend = [...svg.matchAll(/>(contract|map|map-reduce|scatter|scan|host)</g)];
    expect(legend.map(([, kind]) => kind)).toEqual(["contract", "map", "host"]);
  });

  it("finds markup that is not well formed", () => {
    expect(tagsOf("<p><b></p></b>")).not.toEqual([]);
    expect(tagsOf("<p>a & b</p>")).not.toEqual([]);
    expect(tagsOf("<p>")).not.toEqual([]);
    expect(tagsOf(`<p a="1" b='<'></p>`)).not.toEqual([]);
    expect(tagsOf(`<p a="1"><br/></p>`)).toEqual([]);
  });
});

describe("numbers", () => {
  it("have three digits and a unit that fits", () => {
    expect([0.01, 0.05, 1.234, 9.996, 99.96, 999.4, 999.6, 12_345, 2.5e6].map(showTime)).toEqual([
      "< 0.1 µs",
      "0.05 µs",
      "1.23 µs",
      "10.0 µs",
      "100 µs",
      "999 µs",
      "1.00 ms",
      "12.3 ms",
      "2.50 s",
    ]);
    expect([0, 999, 1000, 999_600, 4.01e9].map(showFlops)).toEqual([
      "0 FLOP",
      "999 FLOP",
      "1.00 kFLOP",
      "1.00 MFLOP",
      "4.01 GFLOP",
    ]);
    expect([52, 1024, 1_048_575].map(showBytes)).toEqual(["52 B", "1.00 KiB", "1.00 MiB"]);
  });
});
