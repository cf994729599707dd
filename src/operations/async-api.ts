import { MAKER_MESSAGE_TYPES, TAKER_MESSAGE_TYPES } from '#events';
import { ID_PATTERN, MESSAGE_SCHEMAS } from '../push/message-schemas.js';

/** The AsyncAPI document of the two sockets. */

const SUMMARIES: Record<keyof typeof MESSAGE_SCHEMAS, string> = {
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
            types: {
              type: 'string',
              description:
                `Comma-separated: ${names.slice(0, -2).join(', ')}. ` +
                '`heartbeat` may stand there too, and changes nothing',
            },
            after: {
              type: 'string',
              pattern: ID_PATTERN,
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

const TAKER: MessageName[] = [...TAKER_MESSAGE_TYPES, 'resync', 'heartbeat'];
const MAKER: MessageName[] = [...MAKER_MESSAGE_TYPES, 'resync', 'heartbeat'];

export const ASYNC_API_DOCUMENT = {
  asyncapi: '3.0.0',
  info: {
    title: 'Lockstep',
    version: '1',
    description:
      'What is pushed to takers and makers. Delivery is at least once: drop ids that you have seen, but not a redelivered ' +
      'cancellation request that you have not answered. Clients have nothing to send. ' +
      'Close codes: 1001 the service stops; 1002, 1003, 1007, 1009 a frame that it cannot take; ' +
      '1008 the API key was revoked, the key or token has expired, or the wallet was logged out; ' +
      '1012 the database went back in time, or the taker was suspended or resumed: connect again; ' +
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
