import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { packageFolder } from '../installation/service-version.js';
import { once } from './once.js';
import type { Document } from './document.js';

/** The page loads its own files and speaks to its own service, by calls and sockets; nothing else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = 'index.html';
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const YEAR_SECONDS = 365 * 24 * 3600;

/** The console's built files under `/console/`, where they were built. */
export function consoleFiles(): Record<string, Document> {
  const folder = join(packageFolder, 'dist', 'console');
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    filesIn(folder).map((name) => [
      `/console/${name === PAGE ? '' : name}`,
      { headers: headersOf(name), bytes: once(() => readFileSync(join(folder, name))) },
    ]),
  );
}

function filesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => extname(name) in TYPES).map((name) => name.replaceAll('\\', '/'));
}

/** Files are named by their content, but for the page, which says which of them it takes. */
function headersOf(name: string): Record<string, string> {
  const type = { 'content-type': TYPES[extname(name)]! };
  if (!name.startsWith('assets/')) {
    return {
      ...type,
      'cache-control': 'no-cache',
      'content-security-policy': PAGE_POLICY,
      // a page that opens this one gets no hold of its window
      'cross-origin-opener-policy': 'same-origin',
    };
  }
  return { ...type, 'cache-control': `public, max-age=${YEAR_SECONDS}, immutable` };
}
