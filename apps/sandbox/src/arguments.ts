import { ADDRESS_PATTERN } from '#config';
import { InvalidArgumentError } from 'commander';

const ADDRESS = new RegExp(ADDRESS_PATTERN);
const HIGHEST_PORT = 65_535;

/** Where a service is: what its calls' paths are added to. */
export function serviceUrl(text: string): string {
  const { protocol, username, password, search, hash } = URL.canParse(text)
    ? new URL(text)
    : { protocol: '' };
  if (!/^https?:$/.test(protocol) || username || password || search || hash) {
    throw new InvalidArgumentError(
      'It must be an http:// or https:// URL without a user, query and fragment, such as http://127.0.0.1:3000.',
    );
  }
  return text;
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > HIGHEST_PORT) {
    throw new InvalidArgumentError(`It must be a TCP port from 0 to ${HIGHEST_PORT}.`);
  }
  return Number(text);
}

export function address(text: string): string {
  if (!ADDRESS.test(text)) throw new InvalidArgumentError('It must be 0x and 40 hex digits.');
  return text;
}
