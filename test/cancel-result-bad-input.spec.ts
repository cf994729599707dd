import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getAddress } from 'viem';
import type { MakerClient, TakerClient } from './support/clients.js';
import { askedOrder } from './support/handshake.js';
import {
  expectRefusedUnchanged,
  INVALID,
  MALFORMED,
  type Refusal,
  RULES,
  TOO_LARGE,
  UNSUPPORTED,
} from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import {
  IN_ARRAY,
  NULL,
  NOT_STRING,
  NOT_TEXT,
  NOT_HEX,
  NOT_BOOLEAN,
  NOT_UUID,
  wrongChecksum,
  type WrongValue,
} from './support/wrong-values.js';

/** A body that answers the open request of an order; every row below spoils one. */
interface Good {
  order_hash: string;
  taker_address: string;
  cancellation_success: boolean;
  message: string;
  request_id: string;
}

/** What is sent instead: text and bytes as they are, anything else as JSON. */
type Spoil = (good: Good) => unknown;
type Row = [title: string, spoil: Spoil, details: string | RegExp];

const BODY_LIMIT = 64 * 1024;

const json = JSON.stringify;
const same: Spoil = (good) => good;
const plus =
  (fields: object): Spoil =>
  (good) => ({ ...good, ...fields });
const edited =
  (edit: (text: string) => string | Buffer): Spoil =>
  (good) =>
    edit(json(good));
const withMember = (member: string) => edited((text) => `${text.slice(0, -1)},${member}}`);
const withBytes = (bytes: string) => edited((text) => Buffer.from(text.replace('yet', bytes), 'latin1'));
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const upperDigits = (hex: string) => `0x${hex.slice(2).toUpperCase()}`;

const REQUIRED = {
  order_hash: RULES.hash,
  taker_address: RULES.address,
  cancellation_success: RULES.boolean,
  message: 'must be a string',
};
const FIELDS: [field: keyof Good, rule: string, wrong: WrongValue[]][] = [
  ['order_hash', RULES.hash, [NULL, ...NOT_TEXT, ...NOT_HEX]],
  ['taker_address', RULES.address, [NULL, ...NOT_TEXT, ...NOT_HEX, ['with a wrong checksum', wrongChecksum]]],
  ['cancellation_success', RULES.boolean, NOT_BOOLEAN],
  ['message', REQUIRED.message, [NULL, ...NOT_STRING]],
  ['request_id', RULES.uuid, [...NOT_TEXT, ...NOT_UUID]],
];
const missing = Object.entries(REQUIRED).map(([field, rule]) => `${field} is required and ${rule}`);

const wrongFields: Row[] = [
  ...missing.map((rule): Row => {
    const field = rule.split(' ')[0]!;
    return [`${field} missing`, plus({ [field]: undefined }), rule];
  }),
  ...FIELDS.flatMap(([field, rule, wrong]) =>
    wrong.map(([title, wrongValue]): Row => {
      const spoil: Spoil = (good) => ({ ...good, [field]: wrongValue(String(good[field])) });
      return [`${field} ${title}`, spoil, `${field} ${title === IN_ARRAY ? RULES.noArray : rule}`];
    }),
  ),
];

const unknownFields: [field: string, spoil: Spoil][] = [
  ['force', plus({ force: true })],
  ['Message', plus({ Message: 'm' })],
  ['__proto__', withMember('"__proto__":{"force":true}')],
  ['constructor', withMember('"constructor":{"force":true}')],
  ['prototype', withMember('"prototype":1')],
  ['toString', withMember('"toString":1')],
  ['hasOwnProperty', withMember('"hasOwnProperty":1')],
];

const NO_OBJECT = 'the body must be a JSON object';
const TOO_MANY_VALUES = /^the body must not have more than \d+ values$/;
const TOO_DEEP = /^the body must not be nested deeper than \d+ levels$/;
const manyKeys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
const unusableBodies: Row[] = [
  ['an empty object', () => ({}), missing.join('; ')],
  ['nothing', () => '', missing.join('; ')],
  ['an array', (good) => [good], NO_OBJECT],
  ['null', () => null, NO_OBJECT],
  ['a string', () => '"order_hash"', NO_OBJECT],
  ['a number', () => 7, NO_OBJECT],
  ['true', () => true, NO_OBJECT],
  ['an empty array', () => [], NO_OBJECT],
  ['an array that does not end', () => '[', NO_OBJECT],
  ['an unknown field with an array', withMember('"a":[]'), `a ${RULES.noArray}`],
  ['an array deep inside', withMember('"a":{"b":{"c":[1]}}'), `a.b.c ${RULES.noArray}`],
  ['20 arrays deep', withMember(`"a":${nested(20, '[', ']')}`), `a ${RULES.noArray}`],
  ['20 objects deep', withMember(nested(20, '"a":{', '}')), TOO_DEEP],
  ['30,000 arrays deep', () => nested(30_000, '[', ']'), NO_OBJECT],
  ['60,000 arrays deep without end', () => '['.repeat(60_000), NO_OBJECT],
  ['5,000 keys', plus(manyKeys), TOO_MANY_VALUES],
  ['5,000 objects', plus(Object.fromEntries(Object.keys(manyKeys).map((key) => [key, {}]))), TOO_MANY_VALUES],
  [
    '20,000 objects in an array',
    withMember(`"a":[${Array(20_000).fill('{}').join(',')}]`),
    `a ${RULES.noArray}`,
  ],
  [
    '30,000 numbers in an array',
    withMember(`"a":[${Array(30_000).fill('1').join(',')}]`),
    `a ${RULES.noArray}`,
  ],
];

const NOT_JSON = /^the body is not valid JSON/;
const NOT_UTF8 = /^the body is not valid UTF-8$/;
const malformedBodies: Row[] = [
  ['cut off', edited((text) => text.slice(0, -1)), NOT_JSON],
  ['cut off in a string', edited((text) => text.slice(0, -5)), NOT_JSON],
  ['a trailing comma', edited((text) => text.replace('}', ',}')), NOT_JSON],
  ['single quotes', edited((text) => text.replaceAll('"', "'")), NOT_JSON],
  ['a key without quotes', edited((text) => text.replace('"message"', 'message')), NOT_JSON],
  ['a line comment', edited((text) => `${text}// yes`), NOT_JSON],
  ['a block comment', edited((text) => `/* yes */${text}`), NOT_JSON],
  ['NaN', edited((text) => text.replace('true', 'NaN')), NOT_JSON],
  ['True', edited((text) => text.replace('true', 'True')), NOT_JSON],
  ['two documents', edited((text) => text.repeat(2)), NOT_JSON],
  ['a raw line break in a string', edited((text) => text.replace('yet', '\n')), NOT_JSON],
  ['a raw NUL in a string', edited((text) => text.replace('yet', '\0')), NOT_JSON],
  ['an escape that JSON lacks', edited((text) => text.replace('yet', '\\x41')), NOT_JSON],
  ['a form', () => 'cancellation_success=true&message=m', NOT_JSON],
  ['blanks', () => ' \n ', NOT_JSON],
  ['a byte order mark', edited((text) => `\ufeff${text}`), /byte order mark/],
  ['bytes that are not UTF-8', withBytes('\xc3\x28'), NOT_UTF8],
  ['Latin-1 bytes', withBytes('\xe9'), NOT_UTF8],
  ['an overlong encoding', withBytes('\xc0\x80'), NOT_UTF8],
  ['a surrogate encoded in UTF-8', withBytes('\xed\xa0\xbd'), NOT_UTF8],
  ['UTF-16', edited((text) => Buffer.from(text, 'utf16le')), NOT_JSON],
  ['a field twice', withMember('"cancellation_success":false'), 'cancellation_success is given twice'],
  ['a field twice alike', withMember('"cancellation_success":true'), 'cancellation_success is given twice'],
  ['a field twice, once escaped', withMember('"mess\\u0061ge":"m"'), 'message is given twice'],
];

const wrongContentTypes: [title: string, contentType: string | null, details: string | RegExp][] = [
  ['none', null, /application\/json/],
  ['text', 'text/plain', /application\/json/],
  ['a form', 'application/x-www-form-urlencoded', /application\/json/],
  ['multipart', 'multipart/form-data; boundary=x', /application\/json/],
  ['a name that begins like JSON', 'application/jsonx', /application\/json/],
  ['charset latin1', 'application/json; charset=latin1', 'the charset must be utf-8, not latin1'],
  ['charset "utf-16"', 'application/json; charset="utf-16"', 'the charset must be utf-8, not utf-16'],
];

let service: TestService;
let maker: MakerClient;
let taker: TakerClient;
let good: Good;

beforeAll(async () => {
  service = await startService();
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterAll(() => service.stop());

beforeEach(async () => {
  const { hash, requestId } = await askedOrder(service, { maker, taker });
  good = {
    order_hash: hash,
    taker_address: taker.address,
    cancellation_success: true,
    message: 'Not traded yet, cancelled',
    request_id: requestId,
  };
});

interface Sending {
  contentType?: string | null;
  query?: string;
}

async function send(body: unknown, { contentType = 'application/json', query = '' }: Sending = {}) {
  const headers: Record<string, string> = { 'x-api-key': taker.apiKey };
  if (contentType !== null) headers['content-type'] = contentType;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : json(body));
  const url = `${service.url}/api/v1/orders/cancel-result${query}`;
  const response = await fetch(url, { method: 'POST', headers, body: bytes });
  return { status: response.status, body: await response.json() };
}

async function expectAccepted(body: unknown, sending?: Sending): Promise<void> {
  const data = { success: true, message: 'Cancellation result recorded', order_hash: good.order_hash };
  expect(await send(body, sending)).toEqual({ status: 200, body: { code: 0, data } });
}

/** The spoilt body is refused and changes nothing; the good one is accepted then. */
async function expectRefused(refusal: Refusal, details: string | RegExp, spoil: Spoil, sending?: Sending) {
  await expectRefusedUnchanged(service.dataSource, () => send(spoil(good), sending), refusal, details);
  await expectAccepted(good);
}

describe('a verdict is refused, and nothing changes, for', () => {
  test.each(wrongFields)('%s', (_, spoil, details) => expectRefused(INVALID, details, spoil));
  test.each(unknownFields)('an unknown field: %s', (field, spoil) =>
    expectRefused(INVALID, `${field} ${RULES.unknown}`, spoil),
  );
  test.each(['force', 'message'])('a query parameter: %s', (name) =>
    expectRefused(INVALID, `${name} is not a known query parameter`, same, { query: `?${name}=1` }),
  );
  test.each(unusableBodies)('a body that is unusable: %s', (_, spoil, details) =>
    expectRefused(INVALID, details, spoil),
  );
  test('no body of no type', () =>
    expectRefused(INVALID, missing.join('; '), () => '', { contentType: null }));
  test.each(malformedBodies)('a body that is not JSON: %s', (_, spoil, details) =>
    expectRefused(MALFORMED, details, spoil),
  );
  test.each(wrongContentTypes)('a content type: %s', (_, contentType, details) =>
    expectRefused(UNSUPPORTED, details, same, { contentType }),
  );
  test.each([
    ['blanks', edited((text) => text.padEnd(BODY_LIMIT + 1))],
    ['a message', plus({ message: 'm'.repeat(BODY_LIMIT) })],
  ])('a body over 64 KiB: %s', (_, spoil) => expectRefused(TOO_LARGE, /64 KiB/, spoil));
});

describe('a verdict is accepted, and its message kept as it was sent, with', () => {
  test.each<[title: string, spoil: Spoil, sending: Sending]>([
    ['1 character', plus({ message: 'm' }), {}],
    ['1,000 characters', plus({ message: 'm'.repeat(1000) }), {}],
    ['1,000 emoji', plus({ message: '🙂'.repeat(1000) }), {}],
    ['quotes, line breaks, markup', plus({ message: `"it's" \\ \n\r\t <b>&amp;</b> $1 %s ' OR 1=1 --` }), {}],
    ['other scripts', plus({ message: 'ü ß 日本語 עברית 👩‍👩‍👧 e\u0301' }), {}],
    ['escapes', edited((text) => text.replace('yet', '\\u00fc\\ud83d\\ude42\\/')), {}],
    ['an upper-case hash', (body) => ({ ...body, order_hash: upperDigits(body.order_hash) }), {}],
    ['an upper-case address', (body) => ({ ...body, taker_address: upperDigits(body.taker_address) }), {}],
    ['a checksummed address', (body) => ({ ...body, taker_address: getAddress(body.taker_address) }), {}],
    ['an upper-case request_id', (body) => ({ ...body, request_id: body.request_id.toUpperCase() }), {}],
    ['no request_id', plus({ request_id: undefined }), {}],
    ['null as request_id', plus({ request_id: null }), {}],
    ['nothing', plus({ message: '' }), {}],
    ['only spaces', plus({ message: '  ' }), {}],
    ['exactly 64 KiB', edited((text) => text.padEnd(BODY_LIMIT)), {}],
    ['charset=utf-8', same, { contentType: 'application/json; charset=utf-8' }],
    ['charset="UTF-8"', same, { contentType: 'Application/JSON;charset="UTF-8"' }],
  ])('%s', async (_, spoil, sending) => {
    const body = spoil(good);
    await expectAccepted(body, sending);
    const { message } = typeof body === 'string' ? JSON.parse(body) : body;
    expect(await maker.order(good.order_hash)).toMatchObject({
      status: 'cancelled',
      cancellation: { request_id: good.request_id, status: 'accepted', message },
    });
  });
});

describe('a verdict is accepted, and of its message is kept what can be, with', () => {
  test.each([
    ['5,000 characters', 'm'.repeat(5000), 'm'.repeat(1000)],
    ['1,001 emoji', '🙂'.repeat(1001), '🙂'.repeat(1000)],
    ['NUL', 'a\u0000b\u0000', 'a\ufffdb\ufffd'],
    ['a lone high surrogate', 'a\ud83db', 'a\ufffdb'],
    ['a lone low surrogate', 'a\ude42b', 'a\ufffdb'],
    ['surrogates the wrong way round', '\ude42\ud83d', '\ufffd\ufffd'],
    ['an emoji cut in two at the end', `${'m'.repeat(999)}🙂🙂`, `${'m'.repeat(999)}🙂`],
  ])('%s', async (_, message, kept) => {
    await expectAccepted({ ...good, message });
    expect((await maker.order(good.order_hash)).cancellation).toMatchObject({
      status: 'accepted',
      message: kept,
    });
  });
});
