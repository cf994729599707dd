import type { Row } from './figures/figure.js';
import { median } from '../support/statistics.js';

/** Whether a figure meets its target, when it has one. */
export function isMet({ values, target }: Row): boolean | undefined {
  if (!target) return undefined;
  return 'atLeast' in target ? median(values) >= target.atLeast : median(values) <= target.atMost;
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function targetOf({ target }: Row): string {
  if (!target) return '';
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

/** Median (min–max) of each figure beside its target, and where all of it was measured. */
export function tableOf(rows: Row[], where: Record<string, unknown>): string {
  const lines = rows.map((row) => {
    const { values, unit } = row;
    const value = `${number(median(values))}${unit && ` ${unit}`}`;
    const spread = values.length > 1 ? `(${number(Math.min(...values))}–${number(Math.max(...values))})` : '';
    const met = isMet(row);
    return [row.figure, value, spread, targetOf(row), met === undefined ? '' : met ? 'ok' : 'short'];
  });
  const table = [['figure', 'median', '(min–max)', 'target', ''], ...lines];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const text = table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const facts = Object.entries(where).map(([name, value]) => `${name} ${value}`);
  return `\n${text.join('\n')}\n\n${facts.join(', ')}\n`;
}

/** The same for a program to read; `ratios` has the medians of those that are ratios. */
export function reportOf(rows: Row[], where: Record<string, unknown>): Record<string, unknown> {
  return {
    ...where,
    ratios: Object.fromEntries(
      rows.filter(({ ratio }) => ratio).map(({ ratio, values }) => [ratio, median(values)]),
    ),
    figures: rows.map((row) => ({
      ...row,
      median: median(row.values),
      min: Math.min(...row.values),
      max: Math.max(...row.values),
      met: isMet(row),
    })),
  };
}
