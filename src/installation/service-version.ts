import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function packageFolderAround(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolderAround(dirname(folder));
}

/** Of the package that this file is a part of, be it built or not. */
export const packageFolder = packageFolderAround(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
  version: string;
};
export const SERVICE_VERSION = version;
