import type { IncomingMessage } from 'node:http';
import { addressIn, isOriginOfHost, originOf, type Settings, withinRanges } from '#config';
import { ApiError } from './refusals/api-errors.js';

/** How long a browser may believe the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;
const METHODS = 'GET, POST, DELETE';
const EXPOSED_HEADERS = 'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Link, Date';

type Headers = Record<string, string>;

/** Which web pages may use the service: those of its own host, and those that ALLOWED_ORIGINS names. */
export class Origins {
  private readonly allowed: ReadonlySet<string>;
  private readonly isTrustedProxy: (address: string) => boolean;

  constructor({ ALLOWED_ORIGINS, TRUSTED_PROXIES }: Pick<Settings, 'ALLOWED_ORIGINS' | 'TRUSTED_PROXIES'>) {
    this.allowed = new Set(ALLOWED_ORIGINS);
    this.isTrustedProxy = withinRanges(TRUSTED_PROXIES);
  }

  /** The headers by which a browser lets a page of this origin read the answer; none for other pages. */
  corsHeaders(origin: string | undefined): Headers {
    if (this.allowed.size === 0) return {};
    const vary = { vary: 'Origin' };
    if (origin === undefined || !this.names(origin)) return vary;
    return {
      ...vary,
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS,
    };
  }

  /** What else a preflight is answered; a page that may not call is refused. */
  preflightHeaders({ headers }: IncomingMessage): Headers {
    const { origin = '', 'access-control-request-headers': asked } = headers;
    if (!this.names(origin)) throw notAllowed(origin);
    return {
      'access-control-allow-methods': METHODS,
      ...(asked !== undefined && { 'access-control-allow-headers': asked }),
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    };
  }

  /** Browsers let any page open a socket anywhere, and name the page's origin; other clients send none. */
  requireAllowed(request: IncomingMessage): void {
    const { origin } = request.headers;
    if (origin === undefined || this.names(origin) || isOriginOfHost(origin, this.hostOf(request))) return;
    throw notAllowed(origin);
  }

  private names(origin: string): boolean {
    const spelled = originOf(origin);
    return spelled !== undefined && this.allowed.has(spelled);
  }

  /** The host as the caller named it: a trusted proxy that calls by another name says so. */
  private hostOf({ headers, socket }: IncomingMessage): string {
    const { host = '', 'x-forwarded-host': forwarded } = headers;
    const isProxied =
      forwarded !== undefined && this.isTrustedProxy(addressIn(socket.remoteAddress ?? '') ?? '');
    return isProxied ? String(forwarded).split(',').at(-1)!.trim() : host;
  }
}

const notAllowed = (origin: string): ApiError =>
  new ApiError('ORIGIN_NOT_ALLOWED', `Origin must be one that ALLOWED_ORIGINS names, not ${origin}`);
