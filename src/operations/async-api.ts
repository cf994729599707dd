import { CANCELLATION_STATUSES, ORDER_STATUSES, RESOLUTIONS } from '#trading';
import { PATTERNS } from '../http/fields.js';

/** The AsyncAPI document of the two sockets; a test holds real pushes against its schemas. */

const text = { type: 'string' };
const time = { type: 'string', format: 'date-time', description: 'ISO 8601 in UTC, with milliseconds' };
const uuid = { type: 'string', format: 'uuid' };
const hash = { type: 'string', pattern: PATTERNS.hash, description: 'The order hash, lower-case' };
const address = { type: 'string', pattern: PATTERNS.address, description: 'Lower-case' };
const status = { type: 'string', enum: ORDER_STATUSES };
const orNull = (schema: object) => ({ oneOf: [schema, { type: 'null' }] });

/** An object that has all of these properties, and may get more. */
function object(properties: Record<string, object>) {
  return { type: 'object', required: Object.keys(properties), properties };
}

/** A frame's JSON. */
function frame(type: string, data: object) {
  return object({
    type: { const: type },
    id: {
      type: 'string',
      pattern: '^[0-9a-f]{32}$',
      description:
        'Drop ids that you have seen. Ids grow from message to message, as plain strings, except where a request is redelivered; reconnect with `after` the last',
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
        expires_at: time,
        on_timeout: { const: 'keep_locked', description: 'Silence never cancels a live lock' },
        redelivered: { type: 'boolean', description: 'True when pushed again at a connect' },
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
      metadata: { type: 'object', description: 'cause, lock_id, expires_at and the like, by kind of change' },
    }),
  ),
  cancellation_update: frame(
    'cancellation_update',
    object({
      order_hash: hash,
      order_id: uuid,
      request_id: uuid,
      status: { type: 'string', enum: CANCELLATION_STATUSES },
      resolved_by: orNull({ type: 'string', enum: RESOLUTIONS }),
      late: { type: 'boolean' },
      message: orNull({ ...text, description: "The taker's words, when it answered" }),
    }),
  ),
  resync: object({
    type: { const: 'resync' },
    id: {
      type: 'string',
      pattern: '^[0-9a-f]{32}$',
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

const SUMMARIES: Record<keyof typeof MESSAGE_SCHEMAS, string> = {
  cancellation_request:
    'The maker asks to cancel an order that you hold: answer on POST /api/v1/orders/cancel-result',
  order_status_change: 'An order has a new status',
  cancellation_update: 'The course of a cancellation request',
  resync:
    'First, when `after` is not known any more: what followed is not replayed, and the socket is live at once. ' +
    'Read your orders and open requests from the lists',
  heartbeat: 'Every 30 s, with a WebSocket ping',
};

type MessageName = keyof typeof MESSAGE_SCHEMAS;

function channel(path: string, description: string, names: MessageName[]) {
  return {
    address: path,
    description,
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      ws: {
        method: 'GET',
        query: {
          type: 'object',
          required: ['types'],
          properties: {
            types: { ...text, description: `Comma-separated: ${names.slice(0, -2).join(', ')}` },
            after: {
              type: 'string',
              pattern: '^[0-9a-f]{32}$',
              description: 'The last id that you heard: everything since comes first, in order',
            },
          },
        },
      },
    },
  };
}

function operation(channelName: string, names: MessageName[]) {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channelName}` },
    messages: names.map((name) => ({ $ref: `#/channels/${channelName}/messages/${name}` })),
  };
}

const TAKER: MessageName[] = ['order_status_change', 'cancellation_request', 'resync', 'heartbeat'];
const MAKER: MessageName[] = ['order_status_change', 'cancellation_update', 'resync', 'heartbeat'];

export const ASYNC_API_DOCUMENT = {
  asyncapi: '3.0.0',
  info: {
    title: 'Lockstep',
    version: '1',
    description:
      'What is pushed to takers and makers. Delivery is at least once; clients have nothing to send. ' +
      'Close codes: 1001 the service stops; 1002, 1003, 1007, 1009 a frame that it cannot take; ' +
      '1008 the API key was revoked or the key or token has expired; 1012 the database went back in time; ' +
      '1013 the reader is too slow.',
    license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
  },
  defaultContentType: 'application/json',
  channels: {
    taker: channel(
      '/ws/taker/v1',
      'API key in `Authorization: Bearer`, `X-API-Key`, or from a browser `api_key=` in the query. ' +
        'A key that demands signed requests must sign the upgrade too, as the OpenAPI document says',
      TAKER,
    ),
    maker: channel(
      '/ws/maker/v1',
      "Token in `Authorization: Bearer`, or from a browser as sub-protocols `['jwt', token]`",
      MAKER,
    ),
  },
  operations: { pushToTaker: operation('taker', TAKER), pushToMaker: operation('maker', MAKER) },
  components: {
    messages: Object.fromEntries(
      Object.entries(MESSAGE_SCHEMAS).map(([name, payload]) => [
        name,
        { name, summary: SUMMARIES[name as MessageName], payload },
      ]),
    ),
  },
};
