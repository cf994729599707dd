import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { isEventId, MAKER_MESSAGE_TYPES, TAKER_MESSAGE_TYPES } from '#events';
import { MakerTokens } from '../auth/maker-tokens.service.js';
import { splitTarget } from '../auth/request-signature.js';
import { TakerAuthenticator } from '../auth/taker-authenticator.service.js';
import { ApiError } from '../http/api-errors.js';
import { HEARTBEAT } from './message-types.js';
import type { Subscription } from './subscriber.js';

/** The sub-protocol under which a browser hands over a maker's token: `['jwt', token]`. */
export const JWT_PROTOCOL = 'jwt';
const BEARER = /^Bearer +(\S+)$/i;

/** Decides on upgrade requests: who asks, and what to hear. */
@Injectable()
export class UpgradeAuthorizer {
  constructor(
    private readonly takers: TakerAuthenticator,
    private readonly tokens: MakerTokens,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async authorize(request: IncomingMessage): Promise<Subscription> {
    this.requireAllowedOrigin(request);
    const [path, search] = splitTarget(request.url ?? '');
    const query = new URLSearchParams(search);
    switch (path) {
      case '/ws/taker/v1': {
        const { takerId, keyId } = await this.takers.authenticate(apiKeyOf(request, query), request);
        const types = typesOf(query, TAKER_MESSAGE_TYPES, ['types', 'after', 'api_key']);
        return { participant: { kind: 'taker', takerId, keyId }, types, after: afterOf(query) };
      }
      case '/ws/maker/v1': {
        const holder = this.tokens.holderOf(authorizationOf(request));
        const types = typesOf(query, MAKER_MESSAGE_TYPES, ['types', 'after']);
        return { participant: { kind: 'maker', ...holder }, types, after: afterOf(query) };
      }
      default:
        throw new ApiError('ROUTE_NOT_FOUND', `no socket at ${path}`);
    }
  }

  /** Browsers let any page open a socket anywhere, and name the page's origin; other clients send none. */
  private requireAllowedOrigin({ headers: { origin, host } }: IncomingMessage): void {
    if (origin === undefined || isOf(host, origin) || this.settings.ALLOWED_ORIGINS.includes(origin)) return;
    throw new ApiError('INVALID_PARAMETER', `Origin must be one that ALLOWED_ORIGINS names, not ${origin}`);
  }
}

/** Whether a page comes from the very host that it calls. */
function isOf(host: string | undefined, origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}

function apiKeyOf({ headers }: IncomingMessage, query: URLSearchParams): string | undefined {
  const [, bearer] = BEARER.exec(headers.authorization ?? '') ?? [];
  const header = headers['x-api-key'];
  return bearer ?? (typeof header === 'string' ? header : undefined) ?? query.get('api_key') ?? undefined;
}

function authorizationOf({ headers }: IncomingMessage): string | undefined {
  if (headers.authorization) return headers.authorization;
  const [protocol, token] = (headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  return protocol === JWT_PROTOCOL && token ? `Bearer ${token}` : undefined;
}

function typesOf(query: URLSearchParams, offered: readonly string[], known: string[]): ReadonlySet<string> {
  for (const name of query.keys()) {
    if (!known.includes(name))
      throw new ApiError('INVALID_PARAMETER', `${name} is not a known query parameter`);
  }
  const given = query.getAll('types');
  const types = new Set(given[0]?.split(','));
  if (given.length !== 1 || ![...types].every((type) => type === HEARTBEAT || offered.includes(type))) {
    const rule = `must be a comma-separated list of ${offered.join(', ')}`;
    throw new ApiError(
      'INVALID_PARAMETER',
      given.length === 0 ? `types is required and ${rule}` : `types ${rule}`,
    );
  }
  return types;
}

function afterOf(query: URLSearchParams): string | undefined {
  const given = query.getAll('after');
  if (given.length > 1 || given.some((id) => !isEventId(id))) {
    throw new ApiError('INVALID_PARAMETER', 'after must be the id of a message: 32 lower-case hex digits');
  }
  return given[0];
}
