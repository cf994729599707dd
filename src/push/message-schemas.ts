import { ACTOR_KINDS } from '#events';
import { CANCELLATION_STATUSES, ORDER_STATUSES, RESOLVED_BY } from '#trading';
import { LENGTHS, PATTERNS } from '../http/json/fields.js';

/** What sockets and pages say, as JSON schemas for both documents; tests hold real messages against them. */

export const ID_PATTERN = '^[0-9a-f]{32}$';
const text = { type: 'string', maxLength: 1_000 };
const time = {
  type: 'string',
  format: 'date-time',
  maxLength: LENGTHS.time,
  description: 'ISO 8601 in UTC, with milliseconds',
};
const uuid = { type: 'string', format: 'uuid', maxLength: LENGTHS.uuid };
const hash = {
  type: 'string',
  pattern: PATTERNS.hash,
  maxLength: LENGTHS.hash,
  description: 'The order hash, lower-case',
};
const address = {
  type: 'string',
  pattern: PATTERNS.address,
  maxLength: LENGTHS.address,
  description: 'Lower-case',
};
const choice = (title: string, values: readonly string[]) => ({ title, type: 'string', enum: values });
const status = choice('OrderStatus', ORDER_STATUSES);
const orNull = <T extends { type: string }>(schema: T) => ({ ...schema, type: [schema.type, 'null'] });
const choiceOrNull = ({ title, ...values }: ReturnType<typeof choice>) => ({
  title: `Nullable${title}`,
  oneOf: [{ title, ...values }, { type: 'null' }],
});

export interface ObjectSchema {
  /** Its name in the AsyncAPI document; lists of values have one too. */
  title: string;
  type: 'object';
  required?: string[];
  properties: Record<string, object>;
}

/** An object that has these properties, all but the optional ones always, and may get more. */
function object(
  title: string,
  properties: Record<string, object>,
  optional: Record<string, object> = {},
): ObjectSchema {
  const required = Object.keys(properties);
  return {
    title,
    type: 'object',
    // a list of none is no list in version 3.0 of OpenAPI
    ...(required.length > 0 && { required }),
    properties: { ...properties, ...optional },
  };
}

const only = (value: string) => ({ type: 'string', const: value });

/** A frame's JSON. */
function frame(title: string, type: string, data: object) {
  return object(title, {
    type: only(type),
    id: {
      type: 'string',
      pattern: ID_PATTERN,
      maxLength: 32,
      description:
        'Drop ids that you have seen, but not a redelivered request that you have not answered. Ids grow from message to ' +
        'message, as plain strings, except where a request is redelivered; go on with `after` the last',
    },
    timestamp: time,
    data,
  });
}

/** Why an order left `pending` or `locked`, or how else its lock or freeze came about. */
const CAUSES = [
  'cancel',
  'cancellation_accepted',
  'unlock',
  'lock_expiry',
  'deadline',
  'fill',
  'reject',
  'extend',
  'suspend',
  'resume',
  'operator_cancel',
];

const changeMetadata = object(
  'OrderStatusChangeMetadata',
  {},
  {
    cause: { ...choice('ChangeCause', CAUSES), description: 'Not of a new order, nor of a lock' },
    taker_address: { ...address, description: 'Whenever there is a taker' },
    lock_id: orNull({ ...uuid, description: 'Of the lock that came about, changed or ended' }),
    expires_at: { ...time, description: "The lock's end, of a change to `locked`" },
    reason: orNull({ ...text, description: 'As the maker, the taker or the operator gave it' }),
    fill_quantity: { ...text, pattern: PATTERNS.uint256, description: 'Of a fill, in whole units' },
    tx_hash: orNull({ ...text, description: 'Of a fill, as its taker gave it' }),
    blockchain_tx_hash: orNull({ ...text, description: 'The same as `tx_hash`' }),
    reference_id: orNull({ ...text, description: 'Of a fill, as its taker gave it' }),
  },
);

export const MESSAGE_SCHEMAS = {
  cancellation_request: frame(
    'CancellationRequestMessage',
    'cancellation_request',
    object('CancellationRequest', {
      order_hash: hash,
      maker: address,
      reason: text,
      metadata: object('CancellationRequestMetadata', {
        request_id: uuid,
        taker_address: { ...address, description: 'Who is asked, and answers' },
        expires_at: time,
        on_timeout: { ...only('keep_locked'), description: 'Silence never cancels a live lock' },
        redelivered: {
          type: 'boolean',
          description:
            'True when pushed again at a connect: answer it, unless you have, though its id is known to you',
        },
      }),
    }),
  ),
  order_status_change: frame(
    'OrderStatusChangeMessage',
    'order_status_change',
    object('OrderStatusChange', {
      order_hash: hash,
      maker: address,
      taker: orNull(address),
      from_status: choiceOrNull(status),
      to_status: status,
      metadata: changeMetadata,
    }),
  ),
  order_book_change: frame(
    'OrderBookChangeMessage',
    'order_book_change',
    object('OrderBookChange', {
      order_hash: hash,
      maker: address,
      from_status: choiceOrNull(status),
      to_status: status,
    }),
  ),
  cancellation_update: frame(
    'CancellationUpdateMessage',
    'cancellation_update',
    object('CancellationUpdate', {
      order_hash: hash,
      order_id: uuid,
      request_id: uuid,
      status: choice('CancellationStatus', CANCELLATION_STATUSES),
      resolved_by: choiceOrNull(choice('ResolvedBy', RESOLVED_BY)),
      late: { type: 'boolean' },
      message: orNull({ ...text, description: "The taker's words, when it answered" }),
    }),
  ),
  resync: object('ResyncMessage', {
    type: only('resync'),
    id: {
      type: 'string',
      pattern: ID_PATTERN,
      maxLength: 32,
      description: "No event's id: going on after it brings `resync` once more",
    },
    timestamp: time,
    data: object('Resync', {
      after: { type: 'string', description: 'The id that was asked for' },
      kept_since: orNull({ ...time, description: 'Older events were dropped; null when none ever was' }),
    }),
  }),
  heartbeat: object('HeartbeatMessage', {
    type: only('heartbeat'),
    timestamp: { type: 'integer', description: 'Unix ms' },
  }),
};

export type MessageName = keyof typeof MESSAGE_SCHEMAS;

export const MESSAGE_SUMMARIES: Record<MessageName, string> = {
  cancellation_request:
    'The maker asks to cancel an order that you hold: answer on POST /api/v1/orders/cancel-result',
  order_status_change: 'An order has a new status',
  order_book_change:
    'An order came into the book of pending orders or left it, whoever did it: with these alone a book is whole. ' +
    'Where the change is told as `order_status_change` too, this comes after it, with an id of its own',
  cancellation_update: 'The course of a cancellation request',
  resync:
    'First, when `after` is not known any more: what followed is not replayed, and the socket is live at once. ' +
    'Read your orders and open requests from the lists',
  heartbeat: 'Every 30 s, with a WebSocket ping',
};

/** A message in a history, with what kind of actor caused it. */
function withCause({ title, type, required = [], properties }: ObjectSchema): ObjectSchema {
  const by = { ...choice('ActorKind', ACTOR_KINDS), description: 'Who caused it' };
  return {
    title: `${title}OfHistory`,
    type,
    required: [...required, 'by'],
    properties: { ...properties, by },
  };
}

const { order_status_change, cancellation_request, order_book_change, cancellation_update } = MESSAGE_SCHEMAS;
/** What a taker's page has, and the histories. */
export const TAKER_EVENT = { oneOf: [order_status_change, cancellation_request, order_book_change] };
export const TAKER_HISTORY_EVENT = { oneOf: [order_status_change, cancellation_request].map(withCause) };
export const MAKER_HISTORY_EVENT = { oneOf: [order_status_change, cancellation_update].map(withCause) };
