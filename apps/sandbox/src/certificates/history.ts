import { HttpStatus } from '@nestjs/common';
import { type Data, LockstepError, persist, type Taker } from '#client';
import { ERRORS, Refusal } from '../envelope.js';
import type { ClaimedOrder } from './claims.js';

/** Orders that are looked up at the same time, with the taker's own allowance of calls. */
const LOOKUPS_AT_ONCE = 8;
/** For how long one look-up is tried again: the bot's own calls may use up the allowance. */
const PATIENCE_MS = 30_000;

type Order = Data<'getTakerOrder'>;

/** What the service's history says of an order that a report claims. */
interface Found {
  holder: string;
  /** Whether the history has something that the report has the bot say. */
  isConfirmed: boolean;
}

/** Looks each order up, and ends at the first that contradicts the report or cannot be looked up. */
export async function lookUp(taker: Taker, orders: ClaimedOrder[], since: number): Promise<Found[]> {
  const stop = new AbortController();
  const rest = [...orders];
  const found: Found[] = [];
  const next = async (): Promise<void> => {
    for (let claimed = rest.pop(); claimed && !stop.signal.aborted; claimed = rest.pop())
      found.push(compare(claimed, await orderOf(taker, claimed.hash, stop.signal), since));
  };
  try {
    await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, next));
    return found;
  } finally {
    stop.abort();
  }
}

async function orderOf(taker: Taker, hash: string, signal: AbortSignal): Promise<Order | undefined> {
  try {
    return await persist(() => taker.order(hash), { patienceMs: PATIENCE_MS, signal });
  } catch (error) {
    if (!(error instanceof LockstepError)) {
      const details = 'the service does not answer the sandbox';
      throw new Refusal(ERRORS.UNAVAILABLE, details);
    }
    if (error.status === HttpStatus.NOT_FOUND) return undefined;
    // as the service refuses the key, or the many calls with it
    throw new Refusal(error, error.details);
  }
}

/** The history has the order as this taker's, and nothing that the report has otherwise. */
function compare({ hash, said }: ClaimedOrder, order: Order | undefined, since: number): Found {
  const contradiction = (what: string): Refusal => notConfirmed(`order ${hash} ${what}`);
  if (!order?.locked_by) throw contradiction('was not held by this taker, or not as the last one');
  if (Date.parse(order.created_at) < since) throw contradiction('is older than the certification');
  const { cancellation, filled_quantity, locked_by: holder } = order;
  const answered = cancellation?.resolved_by === 'answer' ? cancellation.status : undefined;
  const isFilled = filled_quantity !== '0';
  if (answered === 'accepted' && !said.has('yes'))
    throw contradiction('was given up by a yes that is not reported');
  if (answered === 'rejected' && !said.has('no'))
    throw contradiction('was kept by a no that is not reported');
  if (isFilled && said.has('yes'))
    throw contradiction('was filled, and the bot said that it may be cancelled');
  // an answer that is there is one that was said, or it would contradict
  const isAnswered = answered === 'accepted' || answered === 'rejected';
  return { holder, isConfirmed: isAnswered || (isFilled && said.has('fill')) };
}

export const notConfirmed = (details: string): Refusal => new Refusal(ERRORS.NOT_CONFIRMED, details);
