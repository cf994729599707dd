import { API_ERRORS, type ApiErrorName } from '../http/refusals/api-errors.js';
import { ERROR_ADVICE } from '../http/refusals/error-advice.js';
import { failure } from '../http/refusals/failure.js';

const NAMES = Object.keys(API_ERRORS) as ApiErrorName[];

/** A page of all errors that share a code. */
export interface ErrorPage {
  code: number;
  title: string;
  markdown: string;
}

export function errorPages(): ErrorPage[] {
  const codes = [...new Set(NAMES.map((name) => API_ERRORS[name].code))].toSorted((a, b) => a - b);
  return codes.map((code) => {
    const names = NAMES.filter((name) => API_ERRORS[name].code === code);
    const parts = names.map((name) =>
      names.length === 1 ? textOf(name) : `## ${API_ERRORS[name].message}\n\n${textOf(name)}`,
    );
    const title = `${code} ${[...new Set(names.map((name) => API_ERRORS[name].message))].join(', ')}`;
    return { code, title, markdown: [`# ${title}`, ...parts].join('\n\n') };
  });
}

/** The list of all, with links relative to `/docs/errors`. */
export function errorIndex(pages: ErrorPage[], ending = ''): string {
  const rows = pages.map(({ code, title }) => `- [${title}](errors/${code}${ending})`);
  const words =
    'Every refusal has a `code` and a `message` that do not change, `details` for a person, and in `docs` the path of its page here.';
  return ['# Errors', words, rows.join('\n')].join('\n\n');
}

function textOf(name: ApiErrorName): string {
  const { status, example } = API_ERRORS[name];
  const { happened, order, todo, again } = ERROR_ADVICE[name];
  const body = JSON.stringify(failure(name, example), null, 2);
  return [
    happened,
    `**What the order is now.** ${order}`,
    `**What to do.** ${todo}`,
    `**May the call be sent again?** ${again}`,
    `It is answered with HTTP ${status}, for example:`,
    `\`\`\`json\n${body}\n\`\`\``,
  ].join('\n\n');
}
