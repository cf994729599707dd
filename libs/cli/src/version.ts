import { existsSync, readFileSync } from 'node:fs';

/** Of the package that this file is a part of: this one when it is installed, the project's in a clone. */
function packageFile(folder: URL): URL {
  const file = new URL('package.json', folder);
  return existsSync(file) ? file : packageFile(new URL('..', folder));
}

const file = packageFile(new URL('.', import.meta.url));
export const VERSION = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
