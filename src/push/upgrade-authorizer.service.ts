import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { networkOf, SETTINGS, type Settings } from '#config';
import { isEventId, MAKER_MESSAGE_TYPES, TAKER_MESSAGE_TYPES } from '#events';
import { bearerOf } from '../auth/bearer.js';
import { MakerTokens } from '../auth/maker-tokens.service.js';
import { splitTarget } from '../auth/request-signature.js';
import { accountSuspended, TakerAuthenticator } from '../auth/taker-authenticator.service.js';
import { clientAddresses } from '../http/client-address.js';
import { CallLimit } from '../http/limits/call-limit.js';
import { requireOnce } from '../http/json/known-query.guard.js';
import { Origins } from '../http/origins.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { HEARTBEAT, SOCKET_PATHS } from './message-types.js';
import type { Subscription } from './subscriber.js';

/** The sub-protocol under which a browser hands over a maker's token: `['jwt', token]`. */
export const JWT_PROTOCOL = 'jwt';
/** Callers behind one address whose sockets may come back in the same second. */
const CALLERS_AT_ONE_ADDRESS = 10;

/** Decides on upgrade requests: who asks, and what to hear. */
@Injectable()
export class UpgradeAuthorizer {
  private readonly origins: Origins;
  private readonly addressOf: (request: IncomingMessage) => string;
  private readonly limit: CallLimit;
  private readonly limitByAddress: CallLimit;

  constructor(
    private readonly takers: TakerAuthenticator,
    private readonly tokens: MakerTokens,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.origins = new Origins(settings);
    this.addressOf = clientAddresses(settings);
    const points = settings.RATE_LIMIT_PER_SECOND;
    this.limit = new CallLimit('upgrades', points, 1);
    this.limitByAddress = new CallLimit('upgrades', points * CALLERS_AT_ONE_ADDRESS, 1);
  }

  async authorize(request: IncomingMessage): Promise<Subscription> {
    this.origins.requireAllowed(request);
    await this.limitByAddress.count(networkOf(this.addressOf(request)));
    const [path, search] = splitTarget(request.url ?? '');
    const query = new URLSearchParams(search);
    switch (path) {
      case SOCKET_PATHS.taker: {
        const call = await this.takers.identify(apiKeyOf(request, query), request);
        const { takerId, keyId } = call.taker;
        const useSignature = await this.takers.verify(call, (who) => this.limit.count(who));
        await useSignature?.();
        const types = typesOf(query, TAKER_MESSAGE_TYPES, ['types', 'after', 'api_key']);
        const { isSuspended } = call;
        return {
          participant: { kind: 'taker', takerId, keyId, isSuspended },
          types: isSuspended ? questionsAlone(types) : types,
          after: afterOf(query),
        };
      }
      case SOCKET_PATHS.maker: {
        const holder = await this.tokens.holderOf(tokenOf(request));
        await this.limit.count(holder.wallet);
        const types = typesOf(query, MAKER_MESSAGE_TYPES, ['types', 'after']);
        return { participant: { kind: 'maker', ...holder }, types, after: afterOf(query) };
      }
      default:
        throw new ApiError('ROUTE_NOT_FOUND', `no socket at ${path}`);
    }
  }
}

function apiKeyOf({ headers }: IncomingMessage, query: URLSearchParams): string | undefined {
  const header = headers['x-api-key'];
  return (
    bearerOf(headers.authorization) ??
    (typeof header === 'string' ? header : undefined) ??
    query.get('api_key') ??
    undefined
  );
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  if (headers.authorization) return bearerOf(headers.authorization);
  const [protocol, token] = (headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  return protocol === JWT_PROTOCOL ? token : undefined;
}

function typesOf(query: URLSearchParams, offered: readonly string[], known: string[]): ReadonlySet<string> {
  for (const name of query.keys()) {
    if (!known.includes(name))
      throw new ApiError('INVALID_PARAMETER', `${name} is not a known query parameter`);
  }
  requireOnce(known.map((name) => [name, query.getAll(name).length]));
  const given = query.get('types');
  const types = new Set(given?.split(','));
  if (given === null || ![...types].every((type) => type === HEARTBEAT || offered.includes(type))) {
    const rule = `must be a comma-separated list of ${offered.join(', ')}`;
    throw new ApiError(
      'INVALID_PARAMETER',
      given === null ? `types is required and ${rule}` : `types ${rule}`,
    );
  }
  return types;
}

/** What a suspended taker needs to hear: what it is asked about orders that it holds, which it may be trading. */
function questionsAlone(types: ReadonlySet<string>): ReadonlySet<string> {
  if (!types.has('cancellation_request')) throw accountSuspended();
  return new Set(['cancellation_request']);
}

function afterOf(query: URLSearchParams): string | undefined {
  const given = query.get('after') ?? undefined;
  if (given !== undefined && !isEventId(given)) {
    throw new ApiError('INVALID_PARAMETER', 'after must be the id of a message: 32 lower-case hex digits');
  }
  return given;
}
