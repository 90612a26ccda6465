import { Html } from "./html.ts";

/** The page's whole style. Colours come in pairs: one for a light page, one for a dark one. */
export const STYLE = new Html(`
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f5f1, #14151a);
  --card: light-dark(#fff, #1c1e25);
  --ink: light-dark(#1d1e24, #e8e8ec);
  --quiet: light-dark(#62636d, #a0a2ae);
  --line: light-dark(#e2e0d9, #31343e);
  --train: light-dark(#c2570c, #ffa155);
  --test: light-dark(#1f63d6, #78adff);
  --own: light-dark(#0b7a5c, #45d0a3);
  --wrong: light-dark(#d6352c, #ff6f61);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--page);
  color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1040px; margin: 0 auto; padding: 28px 20px 0; }
footer { color: var(--quiet); text-align: center; font-size: 14px; padding: 12px 20px 40px; }
section, header {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 14px;
  padding: 24px 28px;
  margin-bottom: 20px;
}
h1, h2, h3, p, figure, dl, ol, ul { margin: 0; }
h1 { font-size: 22px; font-weight: 500; line-height: 1.1; white-space: nowrap; }
h2 { font-size: 20px; line-height: 1.3; margin-bottom: 12px; }
h3 { font-size: 15px; }
section > p, .hero p { color: var(--quiet); max-width: 68ch; }
small { display: block; color: var(--quiet); font-size: 13px; font-weight: 400; }
td, .figure, dd { font-variant-numeric: tabular-nums; }

.kicker { color: var(--quiet); font-size: 14px; letter-spacing: .04em; margin-bottom: 6px; }
.hero { display: flex; flex-wrap: wrap; align-items: center; gap: 14px 36px; }
.hero p { flex: 1 1 340px; }
.big {
  display: block; color: var(--own);
  font-size: 64px; font-weight: 700; letter-spacing: -.03em; line-height: 1.05;
}
.notice {
  margin-top: 14px; padding: 8px 14px; border-left: 3px solid var(--wrong);
  background: color-mix(in srgb, var(--wrong) 9%, transparent);
}
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr));
  gap: 12px 20px; margin-top: 20px; padding-top: 18px; border-top: 1px solid var(--line);
}
.tiles dt { color: var(--quiet); font-size: 13px; }
.tiles dd { margin: 0; font-size: 20px; font-weight: 600; }

.bars { width: 100%; border-collapse: collapse; margin-top: 8px; }
.bars thead { position: absolute; clip-path: inset(50%); }
.bars th { text-align: left; font-weight: 400; width: 372px; padding: 6px 16px 6px 0; line-height: 1.3; }
.bars td { display: flex; align-items: center; gap: 10px; padding: 10px 0; }
.bars .bar {
  flex: 0 1 calc(var(--part) * .84); min-width: 2px; height: 20px; border-radius: 3px;
  background: color-mix(in srgb, var(--quiet) 38%, transparent);
}
.bars .figure { white-space: nowrap; }
.bars .own th, .bars .own .figure { font-weight: 700; color: var(--own); }
.bars .own .bar { background: var(--own); }
.sources { list-style: none; padding: 12px 0 0; color: var(--quiet); font-size: 12.5px; }
.sources b { font-weight: 600; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 24px; }
figcaption { display: flex; justify-content: space-between; align-items: baseline; }
.chart { display: block; width: 100%; height: auto; overflow: visible; font-family: inherit; }
.chart text { white-space: pre; }
.legend { display: flex; gap: 16px; font-size: 13px; color: var(--quiet); }
.legend span::before {
  content: ""; display: inline-block; width: 22px; margin-right: 6px; vertical-align: middle;
  border-top: 2px solid var(--train);
}
.legend .test::before { border-top: 2px dashed var(--test); }
.note { font-size: 13px; margin: 10px 0; }
summary { cursor: pointer; color: var(--test); font-size: 14px; padding: 4px 0; }
.scroll { overflow-x: auto; }
.plain { border-collapse: collapse; font-size: 14px; margin-top: 8px; }
.plain th, .plain td { text-align: right; padding: 4px 14px; border-bottom: 1px solid var(--line); }
.plain th { font-weight: 600; }

.confusion {
  width: 100%; table-layout: fixed;
  border-collapse: separate; border-spacing: 2px; font-size: 15px; text-align: center;
}
.confusion caption { color: var(--quiet); font-size: 14px; text-align: left; padding-bottom: 8px; }
.confusion td, .confusion th { padding: 7px 0; border-radius: 4px; }
.confusion th { color: var(--quiet); font-weight: 600; }
.confusion .right { background: color-mix(in srgb, var(--own) 20%, transparent); font-weight: 600; }
.confusion .wrong { background: color-mix(in srgb, var(--wrong) var(--part), transparent); }
.confusion .none { color: color-mix(in srgb, var(--quiet) 55%, transparent); }
.confusion .rate { width: 12%; color: var(--quiet); text-align: right; }

.mistakes {
  list-style: none; padding: 14px 0 0; display: grid;
  grid-template-columns: repeat(auto-fill, minmax(94px, 1fr)); gap: 12px;
}
.mistakes li {
  border: 1px solid var(--line); border-radius: 10px; padding: 8px 4px;
  text-align: center; line-height: 1.35;
}
.mistakes span { display: block; }
.digit { width: 64px; height: 64px; }
.verdict { font-size: 14px; white-space: nowrap; }
.misread { color: var(--wrong); }
.certainty { color: var(--quiet); font-size: 12px; }

.neurons {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(52px, 1fr));
  gap: 6px; padding: 14px 0 8px;
}
.neuron {
  display: block; width: 100%; height: auto; image-rendering: pixelated;
  border: 1px solid var(--line); border-radius: 4px;
}
.positive { color: var(--train); }
.negative { color: var(--test); }

.timeline { margin-top: 12px; overflow-x: auto; }

.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 8px 40px; }
section h3 { margin-top: 14px; }
figcaption h3 { margin-top: 0; }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 2px 18px; font-size: 14px; margin-top: 6px; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
pre, .command {
  margin: 8px 0 0; max-width: none; padding: 12px 16px; overflow-x: auto; border-radius: 8px;
  background: var(--page); font: 13px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.command code { font: inherit; color: var(--ink); }
.command span { display: inline-block; max-width: 100%; overflow-wrap: anywhere; }

@media (max-width: 620px) {
  main { padding: 10px 8px 0; }
  section, header { padding: 18px 14px; border-radius: 10px; margin-bottom: 12px; }
  .big { font-size: 52px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .bars tr, .bars th { display: block; width: 100%; padding-right: 0; }
  .bars tr { padding-bottom: 8px; }
  .bars th { padding: 4px 0 0; }
  .bars td { padding: 2px 0; }
  .bars .bar { height: 14px; }
  .chart > g { font-size: 15px; }
  .confusion { font-size: 11px; border-spacing: 1px; }
  .confusion td, .confusion th { padding: 5px 0; }
  .confusion .rate { width: 14%; }
  .confusion .right { font-size: 10px; letter-spacing: -.05em; }
  .mistakes { grid-template-columns: repeat(auto-fill, minmax(82px, 1fr)); gap: 8px; }
  .neurons { grid-template-columns: repeat(auto-fill, minmax(46px, 1fr)); gap: 4px; }
}
@media (prefers-color-scheme: dark) { .digit { filter: invert(1); } }
@media print {
  body { background: none; }
  section, header { break-inside: avoid; border: 0; padding: 12px 0; }
}
`);
