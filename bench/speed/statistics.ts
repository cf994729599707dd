export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Round by round, so that a change of the machine's pace during the bench falls on both. */
export function quotients(dividends: number[], divisors: number[]): number[] {
  return dividends.map((dividend, round) => dividend / divisors[round]!);
}
