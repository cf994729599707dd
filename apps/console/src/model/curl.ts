import { type Access, headersOf } from './access.js';
import { printableJson } from './printable.js';

/** What stands for a secret where none is to be shown. */
const PLACEHOLDERS = { taker: '$LOCKSTEP_API_KEY', maker: '$LOCKSTEP_TOKEN' };

export interface CurlOptions {
  base: URL;
  method: string;
  path: string;
  body: unknown;
  /** Who makes the call. */
  access: Access;
  withSecret: boolean;
}

/** The call as a line for a shell. */
export function curlOf({ base, method, path, body, access, withSecret }: CurlOptions): string {
  const shown: Access = withSecret ? access : withPlaceholder(access.role);
  const parts = ['curl -sS'];
  if (method !== 'GET') parts.push(`-X ${method}`);
  parts.push(quoted(new URL(path.replace(/^\//, ''), base).href));
  // in double quotes, so that the shell puts the variable in
  for (const [name, value] of Object.entries(headersOf(shown))) parts.push(`-H "${name}: ${value}"`);
  if (body !== undefined) {
    parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(printableJson(body))}`);
  }
  return parts.join(' \\\n  ');
}

function withPlaceholder(role: Access['role']): Access {
  return role === 'taker' ? { role, apiKey: PLACEHOLDERS.taker } : { role, token: PLACEHOLDERS.maker };
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
