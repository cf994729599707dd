import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashTypedData } from 'viem';
import { call } from './support/http.js';
import { startService, type TestService } from './support/service.js';

/** `GET /config`: all that a client must know of an installation that is not set up like others. */
const SETTINGS = {
  EIP712_CHAIN_ID: '56',
  EIP712_VERIFYING_CONTRACT: '0x71C7656EC7ab88b098defB751B7401B5f6d8976F',
  ORDER_MIN_VALIDITY_HOURS: '48',
  LOCK_TTL_SECONDS: '1800',
  LOCK_MAX_SECONDS: '7200',
  CANCELLATION_TIMEOUT_SECONDS: '45',
  CANCELLATION_COOLDOWN_SECONDS: '17',
  LOGIN_DOMAINS: 'app.example.com,desk.example:8443',
  EVENT_RETENTION_DAYS: '9',
  RATE_LIMIT_PER_SECOND: '5000',
  MAX_SOCKETS_PER_CALLER: '7',
  MAX_OPEN_ORDERS_PER_MAKER: '11',
  ORDERS_PER_MINUTE_PER_MAKER: '12',
  MAX_LOCKS_PER_TAKER: '13',
};

let service: TestService;
beforeAll(async () => {
  service = await startService(SETTINGS);
});
afterAll(() => service.stop());

test('anybody is told how this installation is set up', async () => {
  const before = Date.now();
  const { status, body } = await call('GET', `${service.url}/api/v1/config`);
  const { eip712, server_time, ...settings } = body.data;
  expect([status, eip712.domain, eip712.primaryType]).toEqual([
    200,
    {
      name: 'RFQSettlement',
      version: '1',
      chainId: 56,
      verifyingContract: SETTINGS.EIP712_VERIFYING_CONTRACT,
    },
    'Order',
  ]);
  expect(Date.parse(server_time)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(server_time)).toBeLessThanOrEqual(Date.now());
  expect(settings).toEqual({
    chain_id: 56,
    login_domains: ['app.example.com', 'desk.example:8443'],
    order_min_validity_seconds: 172_800,
    deadline_tolerance_seconds: 300,
    lock_ttl_seconds: 1_800,
    lock_max_seconds: 7_200,
    cancellation_timeout_seconds: 45,
    cancellation_cooldown_seconds: 17,
    event_retention_days: 9,
    sandbox: false,
    certificate_public_key: null,
    limits: {
      requests_per_second: 5_000,
      sockets_per_caller: 7,
      open_orders_per_maker: 11,
      orders_per_minute_per_maker: 12,
      locks_per_taker: 13,
    },
    version: JSON.parse(readFileSync('package.json', 'utf8')).version,
  });
});

test('a wallet that takes the typed data from there signs what the service takes', async () => {
  const { body } = await call('GET', `${service.url}/api/v1/config`);
  const { domain, types, primaryType } = body.data.eip712;
  const maker = await service.newMaker();
  const { placed, order_hash } = await maker.place();
  const { is_buy: isBuy, signature: _, ...rest } = placed;
  expect(hashTypedData({ domain, types, primaryType, message: { ...rest, isBuy } })).toBe(order_hash);
});

test('the words of the document have the same figures', async () => {
  const text = await (await fetch(`${service.url}/openapi.json`)).text();
  const { info } = JSON.parse(text);
  for (const words of [
    'at least 48 hours ahead',
    'installation, 56 and',
    SETTINGS.EIP712_VERIFYING_CONTRACT,
    'after 45 seconds',
    '1800 seconds',
    '7200 at most',
  ])
    expect(info.description.replaceAll(/\s+/g, ' ')).toContain(words);
  // the words at a field come with the build alone
  const committed = JSON.parse(readFileSync('openapi.json', 'utf8'));
  const { lock_duration } = committed.components.schemas.LockOrderRequest.properties;
  expect(lock_duration.description).toContain('at most 604800; when left out, 3600.');
  expect(text + JSON.stringify(committed)).not.toContain('{{');
});
