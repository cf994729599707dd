/** Of the page: quiet, in the system's own fonts, light or dark as the reader has it, and for paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b2330; --soft: #5a6575; --rule: #dde2ea; --code: #f1f3f7;
  --pass: #17714a; --fail: #b3261e; --missing: #8a5a00; --arrow: #2f5fb3; --fault: #b3261e;
  --pass-soft: #e6f4ed; --fail-soft: #fcebe9; --missing-soft: #fdf3df;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --card: #1a2029; --text: #e4e9f1; --soft: #9aa6b8; --rule: #2c3543; --code: #141a22;
    --pass: #6cd3a0; --fail: #ff9d94; --missing: #f0c169; --arrow: #8db4ff; --fault: #ff9d94;
    --pass-soft: #1a3329; --fail-soft: #402323; --missing-soft: #3a2f1a;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 5rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 var(--sans); overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--arrow); outline-offset: 2px; }
code, pre { font-family: var(--mono); font-size: 0.8125rem; }
.over { margin: 0; color: var(--soft); font-size: 0.875rem; }
h1 { margin: 0.25rem 0 1.5rem; font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 0.875rem; font-weight: 600; color: var(--soft); }
h2::first-letter { text-transform: uppercase; }
h3 { margin: 0; font-size: 1rem; font-weight: 550; }
.pass { --own: var(--pass); --own-soft: var(--pass-soft); }
.fail { --own: var(--fail); --own-soft: var(--fail-soft); }
.missing { --own: var(--missing); --own-soft: var(--missing-soft); }
h1 .mark { color: var(--own); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.5rem; margin: 0 0 1.5rem; font-size: 0.9375rem; }
dt { color: var(--soft); }
dd { margin: 0; }
.strip { display: flex; flex-wrap: wrap; gap: 0.375rem; margin: 0; padding: 0; list-style: none; }
.strip a { display: block; width: 1.75rem; height: 1.75rem; border-radius: 0.375rem; background: var(--own-soft); color: var(--own);
  font: 600 0.875rem/1.75rem var(--sans); text-align: center; text-decoration: none; }
.strip a:hover { outline: 1px solid var(--own); }
.rule { margin: 0 0 0.5rem; border: 1px solid var(--rule); border-radius: 0.625rem; background: var(--card); }
.rule > summary { display: grid; grid-template-columns: 1.5rem 1fr max-content; gap: 0.75rem; align-items: baseline;
  padding: 0.875rem 1.125rem; border-radius: 0.625rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
.rule .mark { color: var(--own); font-weight: 700; text-align: center; }
.rule summary code { color: var(--soft); }
.badge { padding: 0.0625rem 0.5rem; border-radius: 1rem; background: var(--own-soft); color: var(--own);
  font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
.inside { padding: 0 1.125rem 1.125rem; }
.reason { margin: 0 0 1rem; padding: 0 0 0 2.25rem; color: var(--soft); }
.fail .reason { color: var(--fail); }
figure { margin: 0; padding: 0.5rem 0 0; border-top: 1px solid var(--rule); }
.parties { position: sticky; top: 0; z-index: 1; display: grid; grid-template-columns: repeat(4, 1fr);
  padding: 0.5rem 0; background: var(--card); font-size: 0.8125rem; font-weight: 600; text-align: center; }
.diagram { display: block; overflow: visible; }
.diagram svg { overflow: visible; }
.life { stroke: var(--rule); stroke-width: 1.5; }
.message { --ink: var(--arrow); }
.message.fault { --ink: var(--fault); }
.message line, .cross { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.message.fault line { stroke-dasharray: 6 4; }
.message path, .message circle { fill: var(--ink); }
.message .cross { stroke-width: 2.5; stroke-linecap: round; }
.label { fill: var(--text); stroke: var(--card); stroke-width: 5; paint-order: stroke; font: 11px var(--mono); white-space: pre; }
.fault .label { fill: var(--fault); }
.time { display: none; fill: var(--soft); font: 10.5px var(--mono); }
.messages { margin: 1rem 0 0; border-top: 1px solid var(--rule); }
.messages summary { padding: 0.5rem 0; color: var(--soft); font-size: 0.875rem; cursor: pointer; list-style: none; }
.messages summary::before { content: '+'; display: inline-block; width: 1rem; color: var(--arrow); font-weight: 600; }
.messages details[open] > summary::before, .messages[open] > summary::before { content: '–'; }
.messages ol { margin: 0; padding: 0; list-style: none; counter-reset: message; }
.messages li { counter-increment: message; padding: 0.5rem 0; border-top: 1px solid var(--rule); font-size: 0.8125rem; }
.messages li > p { margin: 0; }
.messages li > p::before { content: counter(message); display: inline-block; min-width: 1.5rem; color: var(--soft); }
.messages .soft { color: var(--soft); }
.messages .fault { color: var(--fault); font-weight: 600; }
.messages li summary { padding: 0.125rem 0 0 1.5rem; font-size: 0.8125rem; }
pre { margin: 0.25rem 0 0 1.5rem; padding: 0.625rem 0.75rem; max-height: 24rem; overflow-y: auto; border-radius: 0.375rem;
  background: var(--code); white-space: pre-wrap; }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.8125rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (min-width: 60rem) { .time { display: inline; } }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.5rem; }
  .rule > summary { grid-template-columns: 1.25rem 1fr; gap: 0.5rem; padding: 0.75rem; }
  .badge { display: none; }
  .inside { padding: 0 0.75rem 0.75rem; }
  .reason { padding-left: 1.75rem; }
  .label { font-size: 10.5px; }
}
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --soft: #444; --rule: #bbb; --code: #f4f4f4;
    --pass: #17714a; --fail: #b3261e; --missing: #8a5a00; --arrow: #2f5fb3; --fault: #b3261e;
    --pass-soft: #fff; --fail-soft: #fff; --missing-soft: #fff; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  details::details-content { content-visibility: visible; height: auto; }
  .rule > summary, .message { break-inside: avoid; break-after: avoid; }
  .parties { position: static; }
  .badge { border: 1px solid; }
  pre { max-height: none; }
}
`;
