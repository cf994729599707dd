/** A call as the samples of all languages make it. */
export interface SampledCall {
  operationId: string;
  /** In capitals. */
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the service's address, with example values and a query. */
  path: string;
  headers: Header[];
  body?: unknown;
}

/** A header whose value is `words` and then, where it has one, that of a variable of the environment. */
export interface Header {
  name: string;
  words: string;
  variable?: string;
}

/** One entry of a call's `x-codeSamples`. */
export interface CodeSample {
  lang: string;
  label: string;
  source: string;
}

/** After how many seconds without an answer a sample gives up. */
export const PATIENCE_S = 15;

/** A header's value as a sum, in quotes and by how the language reads a variable. */
export const sumOf = ({ words, variable }: Header, read: (variable: string) => string): string =>
  [words && `"${words}"`, variable && read(variable)].filter(Boolean).join(' + ');

export const indented = (text: string, by: string): string => text.replaceAll(/^(?=.)/gm, by);

/** Lines of a program, without those that do not apply. */
export const program = (...lines: (string | false)[]): string =>
  `${lines.filter((line) => line !== false).join('\n')}\n`;
