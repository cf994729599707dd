import type { Data, Taker } from '#client';

export type HistoryEvent = Data<'getTakerOrderEvents'>['events'][number];

/** All that a taker may know of an order's course, oldest first. */
export async function historyOf(taker: Taker, orderHash: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let after: string | undefined;
  do {
    const page = await taker.history(orderHash, { after });
    events.push(...page.events);
    after = page.next_after ?? undefined;
  } while (after);
  return events;
}
