import type { Outcome } from './play.js';

/** One line a fault; of those that were not played, why. */
export function table(outcomes: readonly Outcome[], notPlayed: ReadonlyMap<string, string>): string {
  const rows = [
    ['fault', 'injected', 'handshakes', 'violations'],
    ...outcomes.map(({ fault, injected, handshakes, findings }) => [
      fault,
      String(injected),
      String(handshakes),
      violationsIn(findings),
    ]),
    ...[...notPlayed].map(([fault, reason]) => [fault, '-', '-', reason]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function violationsIn(findings: Outcome['findings']): string {
  const broken = findings.filter(({ violations }) => violations > 0);
  return broken.map(({ number, violations }) => `${number}: ${violations}`).join(', ') || '0';
}
