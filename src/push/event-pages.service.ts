import { Injectable } from '@nestjs/common';
import {
  cursorAt,
  EventReplay,
  EventTail,
  messagesFor,
  messagesLeft,
  type PushMessage,
  redelivery,
  REPLAY_ROWS,
  secondId,
  takerAudience,
} from '#events';
import { OpenRequests } from '#trading';

/** Batches of events that are read for one page: of some, little or nothing is of the types that are wanted. */
const MAX_READS = 10;

/** Where a taker's page begins, and what it has. */
export interface EventPageRequest {
  takerId: string;
  /** The last id that it knows. */
  after: string | undefined;
  types: ReadonlySet<string>;
  limit: number;
}

export interface EventPage {
  events: PushMessage[];
  /** After which the next page begins. */
  lastId: string;
  /** Whether events were missed that are not told: the lists are the truth. */
  resync: boolean;
}

/** What a taker's socket says, a page at a time. */
@Injectable()
export class EventPages {
  constructor(
    private readonly tail: EventTail,
    private readonly replay: EventReplay,
    private readonly openRequests: OpenRequests,
  ) {}

  async read(request: EventPageRequest): Promise<EventPage> {
    const { after, takerId, types, limit } = request;
    if (after === undefined) return this.beginAtPresent(request, false);
    const { cursor: start, heardInPart } = await this.replay.startAfter(after);
    if (!start) return this.beginAtPresent(request, true);

    const audience = takerAudience(takerId, types);
    const wanted = (messages: PushMessage[]) => messages.filter(({ type }) => types.has(type));
    const events = heardInPart ? wanted(messagesLeft(audience, heardInPart)) : [];
    const { position: read } = this.tail;
    // it may know more from another instance than this one has read
    const end = read.id > start.id ? read : start;
    let cursor = start;
    for (let reads = 0; reads < MAX_READS && events.length < limit && cursor !== end; reads += 1) {
      const rows = await this.replay.readBetween(cursor, end, audience);
      events.push(...rows.flatMap((event) => wanted(messagesFor(audience, event))));
      cursor = rows.length === REPLAY_ROWS ? cursorAt(rows.at(-1)!) : end;
    }
    if (events.length <= limit) return { events, lastId: secondId(cursor.id), resync: false };
    const page = events.slice(0, limit);
    return { events: page, lastId: page.at(-1)!.id, resync: false };
  }

  /** As a new socket does: with the requests that are still open. */
  private async beginAtPresent({ takerId, types }: EventPageRequest, resync: boolean): Promise<EventPage> {
    const { position } = this.tail;
    const open = types.has('cancellation_request') ? await this.openRequests.ofTaker(takerId, position) : [];
    const events = open.map(redelivery);
    return { events, lastId: secondId(position.id), resync };
  }
}
