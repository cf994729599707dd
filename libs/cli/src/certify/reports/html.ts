import { createHash } from 'node:crypto';
import type { CertificationReport, RuleResult, RuleVerdict, TranscriptEntry } from '../report.js';
import { sequenceDiagram } from './diagram.js';
import { block, line } from './markup.js';
import { STYLE } from './style.js';
import { clockText, countsText, groupsOf, markOf, oneLine, partiesText, secondsBetween } from './text.js';

const CLASSES: Record<RuleVerdict, string> = { pass: 'pass', fail: 'fail', 'not shown': 'missing' };
/** Its own style and nothing else: no script, and nothing from anywhere. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; img-src data:; base-uri 'none'; form-action 'none'`;

/** A page in one file: each rule with what passed as a sequence diagram. It runs no script and asks nobody for anything. */
export function htmlReport(report: CertificationReport): string {
  const numbers = new Map(report.rules.map((rule, index) => [rule, index + 1]));
  const sections = groupsOf(report).map(([group, rules]) =>
    [
      `<section aria-label="${line(group)}">`,
      `<h2>${line(group)}</h2>`,
      ...rules.map((rule) => ruleCard(rule, numbers.get(rule)!)),
      '</section>',
    ].join('\n'),
  );
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,">',
    `<title>${line(`${headline(report)} – certification of ${report.taker}`)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    header(report),
    ...sections,
    '<footer>✕ marks a fault that the runner put in: a message that it held up, changed, doubled or dropped. Times are UTC.</footer>',
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function header(report: CertificationReport): string {
  const { taker, service, contractVersion, startedAt, endedAt, rules, verdict } = report;
  const own = verdict === 'incomplete' ? 'not shown' : verdict;
  const seconds = Math.round(secondsBetween(startedAt, endedAt));
  const facts = [
    ['Taker', `<code>${line(taker)}</code>`],
    ['Service', line(`${service}, contract ${contractVersion}`)],
    ['When', line(`${startedAt.slice(0, 19).replace('T', ' ')} UTC, for ${seconds} s`)],
    ['Rules', line(countsText(report))],
  ];
  return [
    '<header>',
    '<p class="over">Lockstep certification</p>',
    `<h1 class="${CLASSES[own]}"><span class="mark" aria-hidden="true">${markOf(own)}</span> ${line(headline(report))}</h1>`,
    `<dl>${facts.map(([term, fact]) => `<dt>${term}</dt><dd>${fact}</dd>`).join('')}</dl>`,
    rules.length > 0
      ? `<nav aria-label="Rules"><ul class="strip">${rules.map(square).join('')}</ul></nav>`
      : '',
    '</header>',
  ].join('\n');
}

function headline({ verdict, rules }: CertificationReport): string {
  const count = (of: RuleVerdict): number => rules.filter((rule) => rule.verdict === of).length;
  if (rules.length === 0) return 'No rule was tried';
  switch (verdict) {
    case 'pass':
      return rules.length === 1 ? 'The rule is kept' : `All ${rules.length} rules are kept`;
    case 'fail':
      return `${count('fail')} of ${rules.length} rules broken`;
    case 'incomplete':
      return `${count('not shown')} of ${rules.length} rules not shown`;
  }
}

/** In the strip that shows all at a glance. */
function square({ name, verdict }: RuleResult, index: number): string {
  const label = line(`${name}: ${verdict}`);
  return `<li><a class="${CLASSES[verdict]}" href="#rule-${index + 1}" title="${label}" aria-label="${label}">${markOf(verdict)}</a></li>`;
}

function ruleCard({ name, rule, verdict, reason, transcript }: RuleResult, number: number): string {
  return [
    `<details class="rule ${CLASSES[verdict]}"${verdict === 'fail' ? ' open' : ''}>`,
    `<summary><span class="mark" aria-hidden="true">${markOf(verdict)}</span>`,
    `<span><h3>${line(rule)}</h3><code>${line(name)}</code><span class="unseen">, ${verdict}</span></span>`,
    `<span class="badge" aria-hidden="true">${verdict}</span></summary>`,
    `<div class="inside" id="rule-${number}">`,
    `<p class="reason">${line(reason)}</p>`,
    transcript.length > 0 ? proof(transcript, name) : '<p class="reason">Nothing passed.</p>',
    '</div>',
    '</details>',
  ].join('\n');
}

function proof(transcript: TranscriptEntry[], name: string): string {
  const faults = transcript.filter(({ fault }) => fault).length;
  const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
  const summary = [count(transcript.length, 'message'), ...(faults ? [count(faults, 'fault')] : [])].join(
    ', ',
  );
  return [
    '<figure>',
    sequenceDiagram(transcript, `${oneLine(name)}, ${summary}`),
    '</figure>',
    `<details class="messages"><summary>${summary}, as text with what they carried</summary>`,
    `<ol>${transcript.map(message).join('\n')}</ol>`,
    '</details>',
  ].join('\n');
}

function message(entry: TranscriptEntry): string {
  const { at, label, fault, order, body } = entry;
  const who = `<span class="soft">${line(clockText(at))} ${line(partiesText(entry))}</span>`;
  const mark = fault ? ' <span class="fault">✕ fault</span>' : '';
  const about =
    order === null ? '' : ` <code class="soft" title="${line(order)}">${line(shortHash(order))}</code>`;
  const carried = body === null ? '' : `<details><summary>body</summary><pre>${block(body)}</pre></details>`;
  return `<li><p>${who} <code>${line(label)}</code>${mark}${about}</p>${carried}</li>`;
}

/** Enough to tell orders of one transcript apart. */
function shortHash(order: string): string {
  return order.length > 20 ? `${order.slice(0, 10)}…${order.slice(-4)}` : order;
}
