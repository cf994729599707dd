import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WAITS_MS } from '#config';
import { showGauge } from '#metrics';
import { CALLS } from '#trading';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteHandlerMethod,
  RouteOptions,
} from 'fastify';
import { Registry } from 'prom-client';
import { ApiError } from '../refusals/api-errors.js';
import { CallerGone } from '../refusals/caller-gone.js';
import { refuseCall } from '../refusals/refuse-call.js';
import { RETRY_AFTER_SECONDS, UNKNOWN_OUTCOME } from '../refusals/to-failure.js';
import { ConcurrencyLimit } from './concurrency-limit.js';

declare module 'fastify' {
  interface FastifyInstance {
    concurrencyLimits: Record<Kind, ConcurrencyLimit>;
  }
  interface FastifyRequest {
    /** Ends the call when its time is up. */
    callTimeout: NodeJS.Timeout | undefined;
    /** Gives the call's place back, while it has one. */
    givePlaceBack: (() => void) | undefined;
    /** Uses up the call's signature, when it has one: it costs a statement, so only in a place. */
    useSignature: (() => Promise<void>) | undefined;
  }
  interface FastifyContextConfig {
    /** Where the route's calls wait for their places; undefined where they need none. */
    concurrencyLimit?: ConcurrencyLimit;
  }
  interface FastifyReply {
    /** Whether the call was turned away unserved. */
    isRefused: boolean;
  }
}

/** Longer than a call may wait for any one thing (waits.ts): what it is told of that says more. */
const CALL_TIMEOUT_MS = WAITS_MS.call;

type Kind = keyof typeof CALLS;

/** Calls of the API that are not of the ordinary kind. */
const KINDS: Partial<Record<string, Kind>> = {
  'POST /api/v1/orders/cancel-result': 'verdict',
  'POST /api/v1/orders/:order_id/cancel': 'cancel',
  'DELETE /api/v1/orders/:order_id': 'cancel',
  'POST /api/v1/orders/validate': 'validation',
  'POST /api/v1/makers/connect': 'login',
};

/** Those of `/health`, `/metrics` and the documents are of no kind and never held up. */
function kindOf({ method, url }: Pick<RouteOptions, 'method' | 'url'>): Kind | undefined {
  if (!url.startsWith('/api/v1/')) return undefined;
  return KINDS[`${String(method)} ${url}`] ?? 'ordinary';
}

/**
 * Bounds the calls that are served at once: under more load than the service can take, some wait a little, the rest is
 * refused while it costs next to nothing, and takers' answers pass them all.
 */
export function admitCalls(fastify: FastifyInstance): void {
  const concurrencyLimits = {
    verdict: new ConcurrencyLimit(CALLS.verdict),
    cancel: new ConcurrencyLimit(CALLS.cancel),
    validation: new ConcurrencyLimit(CALLS.validation),
    login: new ConcurrencyLimit(CALLS.login),
    ordinary: new ConcurrencyLimit(CALLS.ordinary),
  };
  fastify.decorate('concurrencyLimits', concurrencyLimits);
  fastify.decorateRequest('callTimeout', undefined);
  fastify.decorateRequest('givePlaceBack', undefined);
  fastify.decorateRequest('useSignature', undefined);
  fastify.decorateReply('isRefused', false);
  // before the body is read
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.concurrencyLimit?.isFull) turnAway(reply);
    else done();
  });
  fastify.addHook('onRoute', (route) => {
    const kind = kindOf(route);
    if (!kind) return;
    const concurrencyLimit = concurrencyLimits[kind];
    route.config = { ...route.config, concurrencyLimit };
    route.handler = bounded(route.handler);
  });
  // the work is done; the handler ends only when its answer is sent, which a caller that does not read can put off
  fastify.addHook('onSend', (request, _reply, _payload, done) => {
    request.givePlaceBack?.();
    done();
  });
}

/**
 * A handler that gives its place back when its work is done, also for a caller that has gone; or when its time is up, and
 * it is answered without what the work may still come to.
 */
function bounded(handler: RouteHandlerMethod): RouteHandlerMethod {
  return async function (request, reply) {
    request.callTimeout = setTimeout(() => giveUp(reply), CALL_TIMEOUT_MS);
    try {
      return await handler.call(this, request, reply);
    } finally {
      clearTimeout(request.callTimeout);
      request.givePlaceBack?.();
    }
  };
}

/** Waits for the place of a call whose caller is known and whose body is there: strangers and slow senders get none. */
export async function takePlace(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { concurrencyLimit: limit } = request.routeOptions.config;
  if (!limit) return;
  request.callTimeout?.refresh();
  const admission = await limit.enter(reply.raw);
  if (admission === 'gone') throw new CallerGone();
  if (admission === 'refused') {
    reply.isRefused = true;
    throw tooBusy();
  }
  request.givePlaceBack = () => {
    request.givePlaceBack = undefined;
    limit.leave();
  };
  // where requests are pipelined, only the first hears that its connection has ended
  if (request.raw.socket.destroyed) throw new CallerGone();
}

function giveUp(reply: FastifyReply): void {
  if (reply.sent || !reply.request.raw.complete) return; // how long a body may take, Node watches
  const seconds = CALL_TIMEOUT_MS / 1_000;
  const details = `not answered within ${seconds} s: ${UNKNOWN_OUTCOME}, request id ${reply.request.id}`;
  refuseCall(reply, new ApiError('UNAVAILABLE', details));
}

function turnAway(reply: FastifyReply): void {
  reply.isRefused = true;
  refuseCall(reply, tooBusy());
}

const tooBusy = (): ApiError =>
  new ApiError('UNAVAILABLE', `the service is too busy; try again in ${RETRY_AFTER_SECONDS} s`);

/** Shows how many calls are served and wait. */
export function showAdmission(app: NestFastifyApplication): void {
  const { concurrencyLimits } = app.getHttpAdapter().getInstance();
  showGauge(app.get(Registry, { strict: false }), {
    name: 'lockstep_http_calls',
    help: 'Calls to the API by kind: those that are served, and those that wait for their turn',
    labelNames: ['kind', 'state'],
    collect() {
      for (const [kind, { served, waiting }] of Object.entries(concurrencyLimits)) {
        this.set({ kind, state: 'served' }, served);
        this.set({ kind, state: 'waiting' }, waiting);
      }
    },
  });
}
