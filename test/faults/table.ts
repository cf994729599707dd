import type { Outcome } from './play.js';

/**
 * One line a fault; of those that were not played, why. Calls were away while no change succeeded, pushes for as long as it
 * took from a change to its push, each at the longest.
 */
export function table(outcomes: readonly Outcome[], notPlayed: ReadonlyMap<string, string>): string {
  const rows = [
    ['fault', 'injected', 'handshakes', 'calls away', 'pushes away', 'violations'],
    ...outcomes.map(({ fault, injected, handshakes, callsAwayMs, pushesAwayMs, findings }) => [
      fault,
      String(injected),
      String(handshakes),
      seconds(callsAwayMs),
      seconds(pushesAwayMs),
      violationsIn(findings),
    ]),
    ...[...notPlayed].map(([fault, reason]) => [fault, '-', '-', '-', '-', reason]),
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

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function violationsIn(findings: Outcome['findings']): string {
  const broken = findings.filter(({ violations }) => violations > 0);
  return broken.map(({ number, violations }) => `${number}: ${violations}`).join(', ') || '0';
}
