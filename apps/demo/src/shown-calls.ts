import type { LockstepError, Send, Session } from '#client';
import { DemoFailure } from './demo-failure.js';
import type { Actor, Screen } from './screen.js';
import { shorten } from './short-json.js';

/** Which fields of what is sent, and of the answer, are worth printing; all, when left out. */
interface Shown {
  sent?: string[];
  answered?: string[];
}

const TERMS = ['maker', 'is_buy', 'ticker', 'price', 'quantity', 'nonce'].map((name) => `order.${name}`);
const CANCELLATION = ['request_id', 'status', 'expires_at'].map((name) => `cancellation.${name}`);
const OUTCOME = ['status', 'resolved_by', 'message'].map((name) => `cancellation.${name}`);

const SHOWN: Record<string, Shown> = {
  'POST /orders': { sent: [...TERMS, 'signature'], answered: ['id', 'order_hash', 'status'] },
  'POST /orders/{order_id}/cancel': { answered: ['success', 'status', 'message', ...CANCELLATION] },
  'GET /orders/{order_id}': { answered: ['order_hash', 'status', ...OUTCOME] },
  'POST /orders/lock': { answered: ['success', 'locked_by', 'expires_at'] },
};
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** One participant's line to the service: each call is printed with its answer. */
export function shownCalls(actor: Actor, screen: Screen, signal: AbortSignal): Send {
  return async (request) => {
    signal.throwIfAborted();
    const { pathname } = new URL(request.url);
    const call = `${request.method} ${pathname.replace('/api/v1', '')}`;
    const { sent, answered } = SHOWN[call.replace(UUID, '{order_id}')] ?? {};
    const body = await request.clone().text();
    screen.call(actor, `${request.method} ${pathname}`, body ? JSON.parse(body) : undefined, sent);
    const response = await reach(request, signal);
    const envelope = (await response.clone().json()) as { data?: unknown };
    screen.answer(
      response.status,
      response.ok ? envelope.data : envelope,
      response.ok ? answered : undefined,
    );
    return response;
  };
}

/** The opening of a participant's socket, printed with its answer. */
export async function shownOpening(
  actor: Actor,
  screen: Screen,
  path: string,
  opening: () => Promise<Session>,
): Promise<Session> {
  screen.call(actor, `WS ${path}`);
  try {
    const session = await opening();
    screen.opened();
    return session;
  } catch (error) {
    const { status, code, message, details } = error as Partial<LockstepError>;
    if (status) screen.answer(status, { code, message, details });
    throw error;
  }
}

async function reach(request: Request, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.any([signal, request.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message ? cause.message : message;
    throw new DemoFailure(
      `The service gave no answer to ${request.method} ${shorten(request.url)}: ${reason}`,
    );
  }
}
