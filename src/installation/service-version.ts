import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the package that this file is a part of, be it built or not. */
function packageFile(folder: string): string {
  const file = join(folder, 'package.json');
  return existsSync(file) ? file : packageFile(dirname(folder));
}

const file = packageFile(dirname(fileURLToPath(import.meta.url)));
export const SERVICE_VERSION = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
