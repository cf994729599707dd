import { quotients } from '../../support/statistics.js';
import type { Bench } from '../bench.js';

/** A line of the table. */
export interface Row {
  figure: string;
  unit: string;
  /** A value a round, or the one there is. */
  values: number[];
  target?: { atLeast: number } | { atMost: number };
  /** Its name among the ratios of the JSON file, if it is one. */
  ratio?: string;
}

/** A part of the bench that can be asked for alone. */
export interface Figure {
  name: string;
  /** Only when it is asked for by name: it takes long, or is for something else. */
  onlyByName?: true;
  measure(bench: Bench): Promise<Row[]>;
}

/** What one has round by round over what the other has. */
export function versus(
  what: string,
  values: number[],
  other: string,
  others: number[],
  rest: Pick<Row, 'target' | 'ratio'>,
): Row {
  return { figure: `${what} ÷ ${other}`, unit: '', values: quotients(values, others), ...rest };
}
