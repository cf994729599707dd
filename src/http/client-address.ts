import type { IncomingMessage } from 'node:http';
import { addressIn, type Settings, withinRanges } from '#config';

/** Of a caller whose nearest trusted proxy does not know its address. */
const UNKNOWN = 'unknown';

/** Finds the address of who calls: that of the connection, or what trusted proxies say whose request they pass on. */
export function clientAddresses({
  TRUSTED_PROXIES,
}: Pick<Settings, 'TRUSTED_PROXIES'>): (request: IncomingMessage) => string {
  const isTrusted = TRUSTED_PROXIES.length > 0 ? withinRanges(TRUSTED_PROXIES) : () => false;
  return ({ socket, headers }) => {
    let address = addressIn(socket.remoteAddress ?? '') ?? UNKNOWN;
    const given = headers['x-forwarded-for'];
    if (given === undefined || !isTrusted(address)) return address;
    // the last entry is what the nearest proxy saw, each earlier one what a proxy further off did
    const entries = String(given)
      .split(',')
      .map((entry) => entry.trim());
    for (const entry of entries.filter(Boolean).toReversed()) {
      address = addressIn(entry) ?? UNKNOWN;
      if (!isTrusted(address)) break;
    }
    return address;
  };
}
