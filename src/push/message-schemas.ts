import { ACTOR_KINDS } from '#events';
import { CANCELLATION_STATUSES, ORDER_STATUSES, RESOLVED_BY } from '#trading';
import { PATTERNS } from '../http/json/fields.js';

/** What sockets and pages say, as JSON schemas for both documents; tests hold real messages against them. */

export const ID_PATTERN = '^[0-9a-f]{32}$';
const text = { type: 'string' };
const time = { type: 'string', format: 'date-time', description: 'ISO 8601 in UTC, with milliseconds' };
const uuid = { type: 'string', format: 'uuid' };
const hash = { type: 'string', pattern: PATTERNS.hash, description: 'The order hash, lower-case' };
const address = { type: 'string', pattern: PATTERNS.address, description: 'Lower-case' };
const status = { type: 'string', enum: ORDER_STATUSES };
const orNull = (schema: object) => ({ oneOf: [schema, { type: 'null' }] });

interface ObjectSchema {
  type: 'object';
  required: string[];
  properties: Record<string, object>;
}

/** An object that has all of these properties, and may get more. */
function object(properties: Record<string, object>): ObjectSchema {
  return { type: 'object', required: Object.keys(properties), properties };
}

/** A frame's JSON. */
function frame(type: string, data: object) {
  return object({
    type: { const: type },
    id: {
      type: 'string',
      pattern: ID_PATTERN,
      description:
        'Drop ids that you have seen, but not a redelivered request that you have not answered. Ids grow from message to ' +
        'message, as plain strings, except where a request is redelivered; go on with `after` the last',
    },
    timestamp: time,
    data,
  });
}

export const MESSAGE_SCHEMAS = {
  cancellation_request: frame(
    'cancellation_request',
    object({
      order_hash: hash,
      maker: address,
      reason: text,
      metadata: object({
        request_id: uuid,
        taker_address: { ...address, description: 'Who is asked, and answers' },
        expires_at: time,
        on_timeout: { const: 'keep_locked', description: 'Silence never cancels a live lock' },
        redelivered: {
          type: 'boolean',
          description:
            'True when pushed again at a connect: answer it, unless you have, though its id is known to you',
        },
      }),
    }),
  ),
  order_status_change: frame(
    'order_status_change',
    object({
      order_hash: hash,
      maker: address,
      taker: orNull(address),
      from_status: orNull(status),
      to_status: status,
      metadata: {
        type: 'object',
        description:
          'cause, lock_id, expires_at and the like, by kind of change; taker_address whenever there is a taker; of a fill tx_hash, the same as blockchain_tx_hash',
      },
    }),
  ),
  order_book_change: frame(
    'order_book_change',
    object({ order_hash: hash, maker: address, from_status: orNull(status), to_status: status }),
  ),
  cancellation_update: frame(
    'cancellation_update',
    object({
      order_hash: hash,
      order_id: uuid,
      request_id: uuid,
      status: { type: 'string', enum: CANCELLATION_STATUSES },
      resolved_by: orNull({ type: 'string', enum: RESOLVED_BY }),
      late: { type: 'boolean' },
      message: orNull({ ...text, description: "The taker's words, when it answered" }),
    }),
  ),
  resync: object({
    type: { const: 'resync' },
    id: {
      type: 'string',
      pattern: ID_PATTERN,
      description: "No event's id: going on after it brings `resync` once more",
    },
    timestamp: time,
    data: object({
      after: { type: 'string', description: 'The id that was asked for' },
      kept_since: orNull({ ...time, description: 'Older events were dropped; null when none ever was' }),
    }),
  }),
  heartbeat: object({ type: { const: 'heartbeat' }, timestamp: { type: 'integer', description: 'Unix ms' } }),
};

/** A message in a history, with what kind of actor caused it. */
function withCause({ type, required, properties }: ObjectSchema): ObjectSchema {
  const by = { type: 'string', enum: ACTOR_KINDS, description: 'Who caused it' };
  return { type, required: [...required, 'by'], properties: { ...properties, by } };
}

const { order_status_change, cancellation_request, order_book_change, cancellation_update } = MESSAGE_SCHEMAS;
/** What a taker's page has, and the histories. */
export const TAKER_EVENT = { oneOf: [order_status_change, cancellation_request, order_book_change] };
export const TAKER_HISTORY_EVENT = { oneOf: [order_status_change, cancellation_request].map(withCause) };
export const MAKER_HISTORY_EVENT = { oneOf: [order_status_change, cancellation_update].map(withCause) };
