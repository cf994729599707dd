import { isEventId, type PushMessage, TAKER_MESSAGE_TYPES } from '#events';
import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLES, Flag, field } from '../../http/json/fields.js';
import { ChoicesQuery, IntegerQuery } from '../../http/json/query-fields.js';
import { ID_PATTERN, MAKER_HISTORY_EVENT, TAKER_EVENT, TAKER_HISTORY_EVENT } from '../message-schemas.js';
import { HEARTBEAT } from '../message-types.js';

const MAX_EVENTS = 500;
const ID = '00000000000004d25f3c1a9b8e7d6c50';
const LAST_ID = '00000000000004d75a0b1c2d3e4f5a6b';

const EventIdQuery = () =>
  field(
    'must be the id of a message: 32 lower-case hex digits',
    (value) => typeof value === 'string' && isEventId(value),
    { type: String, pattern: ID_PATTERN, maxLength: 32 },
    { optional: true },
  );

const CHANGE = {
  type: 'order_status_change',
  id: ID,
  timestamp: EXAMPLES.time,
  data: {
    order_hash: EXAMPLES.hash,
    maker: EXAMPLES.maker,
    taker: null,
    from_status: null,
    to_status: 'pending',
    metadata: {},
  },
};

/** A list whose items have one of a few shapes. */
const Messages = (items: object, example: object) =>
  ApiProperty({ type: 'array', maxItems: MAX_EVENTS, items, example: [example] } as object);

/** Which messages of a taker's socket, from where on. */
export class EventsQuery {
  /** The last id that you know, of a message or a page; without it the page begins at the present. */
  @EventIdQuery()
  after?: string;

  /** Comma-separated; without it order_status_change and cancellation_request. `heartbeat` changes nothing. */
  @ChoicesQuery([...TAKER_MESSAGE_TYPES, HEARTBEAT], 'TakerMessageType')
  types: string[] = ['order_status_change', 'cancellation_request'];

  /** Messages of a page. */
  @IntegerQuery({ min: 1, max: MAX_EVENTS, example: 100 })
  limit: number = 100;
}

export class EventsAnswer {
  /**
   * As the socket says them, in order. Delivery is at least once: drop ids that you have seen, but not a redelivered request
   * that you have not answered.
   */
  @Messages(TAKER_EVENT, CHANGE)
  events!: PushMessage[];

  /** Give it as `after` for the next page, also when this one is empty. */
  @ApiProperty({ type: String, pattern: ID_PATTERN, maxLength: 32, example: LAST_ID })
  last_id!: string;

  /**
   * Whether what followed `after` is not kept, or the id is not known: forget what you knew, read the lists, and go on after
   * `last_id`.
   */
  @Flag(false)
  resync!: boolean;
}

/** Which part of an order's history. */
export class HistoryQuery {
  /** The id of a message: what came later. */
  @EventIdQuery()
  after?: string;

  /** Events of a page. */
  @IntegerQuery({ min: 1, max: MAX_EVENTS, example: MAX_EVENTS })
  limit: number = MAX_EVENTS;
}

class HistoryAnswer {
  /** Give it as `after` for what comes next; null at the end. */
  @ApiProperty({ type: String, nullable: true, pattern: ID_PATTERN, maxLength: 32, example: null })
  next_after!: string | null;
}

export class MakerHistoryAnswer extends HistoryAnswer {
  /** Oldest first, each as it was pushed, with who caused it. */
  @Messages(MAKER_HISTORY_EVENT, { ...CHANGE, by: 'maker' })
  events!: PushMessage[];
}

export class TakerHistoryAnswer extends HistoryAnswer {
  /** Oldest first, each as this taker was pushed it or would have been, with who caused it. */
  @Messages(TAKER_HISTORY_EVENT, { ...CHANGE, by: 'maker' })
  events!: PushMessage[];
}
