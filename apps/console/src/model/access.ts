/** Who is signed in, and with what. It is kept in memory alone: a reload forgets it. */
export type Access = TakerAccess | MakerAccess;

export interface TakerAccess {
  role: 'taker';
  apiKey: string;
  /** Where it is known: which of the taker's addresses a scenario is to be played with. */
  address?: string | undefined;
}

export interface MakerAccess {
  role: 'maker';
  token: string;
}

const API_KEY = /^lk_\w+$/;
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** What somebody has typed in; undefined: neither a key nor a token. */
export function accessFrom(text: string): Access | undefined {
  const secret = text.trim();
  if (API_KEY.test(secret)) return { role: 'taker', apiKey: secret };
  if (TOKEN.test(secret)) return { role: 'maker', token: secret };
  return undefined;
}

/**
 * The key that a link carries behind its `#`, which browsers send to nobody; it is taken out of the address bar and of the
 * tab's history at once.
 */
export function takeAccessOutOfAddress(): Access | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const secret = given.get('api_key');
  if (secret === null) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  const access = accessFrom(secret);
  return access?.role === 'taker'
    ? { ...access, address: given.get('taker_address') ?? undefined }
    : undefined;
}

export function headersOf(access: Access | undefined): Record<string, string> {
  if (!access) return {};
  return access.role === 'taker'
    ? { 'X-API-Key': access.apiKey }
    : { Authorization: `Bearer ${access.token}` };
}

export const secretOf = (access: Access): string => (access.role === 'taker' ? access.apiKey : access.token);
