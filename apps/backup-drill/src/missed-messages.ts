import {
  eventId,
  messagesFor,
  OrderEvent,
  type PushMessage,
  RESUMABLE_SINCE,
  TAKER_MESSAGE_TYPES,
  takerAudience,
} from '#events';
import { TakersService } from '#trading';
import type { DataSource } from 'typeorm';

/** Of the log, how many events at its end are to be heard again. */
const EVENTS_MAX = 1_000;

/** A taker that went away, and what it is to hear when it comes back. */
export interface MissedMessages {
  /** None where there are no takers. */
  takerId: string | undefined;
  /** The id that it has heard last; none where nothing has happened. */
  after: string | undefined;
  messages: PushMessage[];
}

/** Takes it that the taker whom most of the latest events concern was away for them. */
export async function readMissed(dataSource: DataSource): Promise<MissedMessages> {
  const latest = await dataSource
    .getRepository(OrderEvent)
    .createQueryBuilder('event')
    .where(`event.created_at >= ${RESUMABLE_SINCE}`)
    .orderBy('event.seq', 'DESC')
    .limit(EVENTS_MAX + 1)
    .getMany();
  const [heard, ...events] = latest.toReversed();
  const takerId = mostFrequent(events) ?? (await new TakersService(dataSource).list())[0]?.id;
  const audience = takerAudience(takerId ?? '', new Set(TAKER_MESSAGE_TYPES));
  return {
    takerId,
    after: heard && eventId(heard),
    messages: events.flatMap((event) => messagesFor(audience, event)),
  };
}

function mostFrequent(events: OrderEvent[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { taker_id } of events) if (taker_id) counts.set(taker_id, (counts.get(taker_id) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
