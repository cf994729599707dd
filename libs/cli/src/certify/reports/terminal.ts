import type { CertificationReport, RuleResult, RuleVerdict } from '../report.js';
import { countsText, groupsOf, markOf, oneLine } from './text.js';

/** How a terminal shows it. */
export interface TerminalLook {
  colour: boolean;
  columns: number;
}

const MIN_COLUMNS = 60;
const MAX_COLUMNS = 120;
/** `  ✓ not shown  `. */
const INDENT = 15;
const VERDICT_WIDTH = 9;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
const CODES: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const STYLES: Record<RuleVerdict, Style> = { pass: 'green', fail: 'red', 'not shown': 'yellow' };

/** Colours where a person looks, unless they do not want any (https://no-color.org). */
export function terminalLook(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): TerminalLook {
  const columns = Math.min(Math.max(stream.columns ?? MAX_COLUMNS, MIN_COLUMNS), MAX_COLUMNS);
  return { colour: stream.isTTY && !environment.NO_COLOR, columns };
}

/** The table that a person reads: each rule with its verdict and why, and a line that sums up. */
export function terminalReport(
  report: CertificationReport,
  look = terminalLook(process.stdout, process.env),
): string {
  const styled = (style: Style, text: string): string =>
    look.colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
  const ruleLines = ({ name, rule, verdict, reason }: RuleResult): string[] => {
    const head = styled(STYLES[verdict], `${markOf(verdict)} ${verdict.padEnd(VERDICT_WIDTH)}`);
    const below = (text: string): string[] =>
      wrapped(oneLine(text), look.columns - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`);
    const why = below(reason).map((line) => styled(verdict === 'fail' ? 'red' : 'dim', line));
    return [`  ${head}  ${styled('bold', oneLine(name))}`, ...below(rule), ...why];
  };
  const { verdict, service, contractVersion, taker } = report;
  const style = verdict === 'incomplete' ? 'yellow' : STYLES[verdict];
  return [
    `Certification of ${oneLine(taker)}`,
    `at ${oneLine(service)}, contract ${oneLine(contractVersion)}`,
    ...groupsOf(report).flatMap(([group, rules]) => [
      '',
      styled('bold', oneLine(group)),
      ...rules.flatMap(ruleLines),
    ]),
    '',
    `${styled(style, verdict)}: ${countsText(report)}`,
    '',
  ].join('\n');
}

/** Lines of whole words; a word that is longer than a line is broken. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
