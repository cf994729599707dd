import { MAKER_MESSAGE_TYPES, TAKER_MESSAGE_TYPES } from '#events';
import { CLOSE_CODES } from '../push/close-codes.js';
import { MESSAGE_EXAMPLES } from '../push/message-examples.js';
import { SOCKET_PATHS } from '../push/message-types.js';
import { ID_PATTERN, MESSAGE_SCHEMAS, MESSAGE_SUMMARIES, type MessageName } from '../push/message-schemas.js';

/** The AsyncAPI document of the two sockets. */

type Json = unknown;

/** The schemas that have a title, by it. */
const schemas: Record<string, object> = {};

/** A schema in which each that has a title is named once, and referred to. */
function named(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(named);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, named(part)]));
  if (typeof parts.title !== 'string') return parts;
  // generators take a type's name from its id
  schemas[parts.title] = { $id: parts.title, ...parts };
  return { $ref: `#/components/schemas/${parts.title}` };
}

function channel(path: string, description: string, names: MessageName[]) {
  return {
    address: path,
    description,
    servers: [{ $ref: '#/servers/here' }],
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    'x-close-codes': CLOSE_CODES,
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

function operation(channelName: string, names: MessageName[], ...schemes: string[]) {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channelName}` },
    security: schemes.map((scheme) => ({ $ref: `#/components/securitySchemes/${scheme}` })),
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
      'The service closes sockets with ' +
      CLOSE_CODES.map(({ code, when }) => `${code}: ${when}`).join(' '),
    license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
  },
  defaultContentType: 'application/json',
  servers: {
    here: {
      host: '{host}',
      protocol: 'ws',
      description: 'This service; `wss` where TLS ends before it',
      variables: { host: { default: '127.0.0.1:3000', description: 'As in the address of this document' } },
    },
  },
  channels: {
    taker: channel(
      SOCKET_PATHS.taker,
      'API key in `Authorization: Bearer`, `X-API-Key`, or from a browser `api_key=` in the query. ' +
        'A key that demands signed requests must sign the upgrade too, as the OpenAPI document says',
      TAKER,
    ),
    maker: channel(
      SOCKET_PATHS.maker,
      "Token in `Authorization: Bearer`, or from a browser as sub-protocols `['jwt', token]`",
      MAKER,
    ),
  },
  operations: {
    pushToTaker: operation('taker', TAKER, 'takerKey', 'bearer', 'takerKeyOfBrowser'),
    pushToMaker: operation('maker', MAKER, 'bearer'),
  },
  components: {
    messages: Object.fromEntries(
      (Object.keys(MESSAGE_SCHEMAS) as MessageName[]).map((name) => [
        name,
        {
          name,
          title: name,
          summary: MESSAGE_SUMMARIES[name],
          payload: named(MESSAGE_SCHEMAS[name]),
          examples: [{ payload: MESSAGE_EXAMPLES[name] }],
        },
      ]),
    ),
    schemas,
    securitySchemes: {
      takerKey: { type: 'httpApiKey', in: 'header', name: 'X-API-Key', description: "A taker's API key" },
      takerKeyOfBrowser: {
        type: 'httpApiKey',
        in: 'query',
        name: 'api_key',
        description: 'The same, from a page',
      },
      bearer: { type: 'http', scheme: 'bearer', description: "A taker's API key, or a maker's token" },
    },
  },
};
