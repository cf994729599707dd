import { describe, expect, test } from '@jest/globals';
import { LaunchError } from './process-lifecycle.js';
import { readEnvironment } from './settings.js';

const SECRET = 'a-secret-that-only-the-tests-know';

describe('a wrong environment is refused in one line, which names the setting and its rule', () => {
  test.each<[string, NodeJS.ProcessEnv, string]>([
    ['a wrong PORT', { PORT: '70000' }, 'PORT must be a TCP port from 0 to 65535'],
    ['a wrong EVENT_BUS', { EVENT_BUS: 'kafka' }, 'EVENT_BUS must be postgres or nats'],
    ['EVENT_BUS=nats without NATS_URL', { EVENT_BUS: 'nats' }, 'NATS_URL must be set when EVENT_BUS is nats'],
    [
      'a wrong NATS_URL',
      { NATS_URL: 'nats://one:4222,two:4222' },
      'NATS_URL must be a comma-separated list of nats:// or tls:// URLs',
    ],
    [
      'an endpoint for traces without its scheme',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'secret@collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL',
    ],
    [
      'a wrong OTEL_TRACES_SAMPLER',
      { OTEL_TRACES_SAMPLER: 'ratio' },
      'OTEL_TRACES_SAMPLER must be one of always_on, always_off, traceidratio, parentbased_always_on',
    ],
    [
      'a wrong OTEL_TRACES_SAMPLER_ARG',
      { OTEL_TRACES_SAMPLER_ARG: '5%' },
      'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, such as 0.05',
    ],
    ['a wrong WORKER', { WORKER: 'yes' }, 'WORKER must be inline or off'],
    [
      'wrong TRUSTED_PROXIES',
      { TRUSTED_PROXIES: '10.0.0.0/8, proxy.example' },
      'TRUSTED_PROXIES must be a comma-separated list, each an IPv4 or IPv6 address or CIDR',
    ],
    ['a wrong LOG_LEVEL', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of fatal'],
    ['a short secret', { JWT_SECRET: 'short' }, 'JWT_SECRET must have at least 32 characters'],
    [
      'a short secret behind a long one',
      { MASTER_KEY: `${SECRET},short` },
      'MASTER_KEY must have at least 32 characters, also each of several',
    ],
    ...['a'.repeat(64), 'abcdefg'.repeat(8), 'swordfish'.repeat(4), `${SECRET},${'0'.repeat(32)}`].map(
      (secret): [string, NodeJS.ProcessEnv, string] => [
        `a secret that nobody drew: ${secret.slice(-12)}`,
        { JWT_SECRET: secret },
        'JWT_SECRET must be random, such as the output of "openssl rand -hex 32"',
      ],
    ),
    ...['prod', 'Production', 'staging'].map((name): [string, NodeJS.ProcessEnv, string] => [
      `NODE_ENV=${name}`,
      { NODE_ENV: name },
      'NODE_ENV must be development, test or production',
    ]),
    [
      'production on the embedded database',
      { JWT_SECRET: SECRET, MASTER_KEY: SECRET, NODE_ENV: 'production' },
      'DATABASE_URL must be set when NODE_ENV is production',
    ],
    [
      'a sandbox in production',
      {
        DATABASE_URL: 'postgres://u@h/db',
        JWT_SECRET: SECRET,
        MASTER_KEY: SECRET,
        NODE_ENV: 'production',
        SANDBOX: 'on',
      },
      'SANDBOX must be off when NODE_ENV is production',
    ],
    ['a wrong SANDBOX', { SANDBOX: 'yes' }, 'SANDBOX must be on or off'],
    [
      'wrong SANDBOX_TICKERS',
      { SANDBOX_TICKERS: 'AAPL,,MSFT' },
      'SANDBOX_TICKERS must be a comma-separated list of tickers',
    ],
    [
      'wrong SANDBOX_MAKER_KEYS',
      { SANDBOX_MAKER_KEYS: '0x12' },
      'SANDBOX_MAKER_KEYS must be private keys (0x and 64 hex digits)',
    ],
    [
      'a wrong SANDBOX_CERTIFICATE_KEY',
      { SANDBOX_CERTIFICATE_KEY: 'ab' },
      'SANDBOX_CERTIFICATE_KEY must be 32 bytes of Ed25519 as 64 lower-case hex digits',
    ],
    [
      'wrong CERTIFICATE_ISSUERS',
      { CERTIFICATE_ISSUERS: `${'ab'.repeat(32)},0x12` },
      'CERTIFICATE_ISSUERS must be public keys with commas between them',
    ],
    [
      'wrong LOGIN_DOMAINS',
      { LOGIN_DOMAINS: 'https://app.desk.example' },
      'LOGIN_DOMAINS must be a comma-separated list of hosts',
    ],
    ['a file as DATA_DIR', { DATA_DIR: 'package.json' }, 'DATA_DIR must be a folder, not a file'],
    ['a DATA_DIR below a file', { DATA_DIR: 'package.json/data' }, 'DATA_DIR must be a folder'],
    [
      'a wrong CHAIN_RPC_URL',
      { CHAIN_RPC_URL: 'ws://secret@node/' },
      'CHAIN_RPC_URL must be an http:// or https:// URL',
    ],
    [
      'wrong CHAIN_TOKENS',
      { CHAIN_RPC_URL: 'http://node/', CHAIN_TOKENS: `0x${'ab'.repeat(20)},USDT` },
      'CHAIN_TOKENS must be token addresses (0x and 40 hex digits) with commas between them',
    ],
    [
      'a chain without tokens',
      { CHAIN_RPC_URL: 'http://secret@node/' },
      'CHAIN_RPC_URL and CHAIN_TOKENS must be set together',
    ],
  ])('%s', (_, environment, line) => {
    const refused = refusalOf(environment);
    expect(refused).toBeInstanceOf(LaunchError);
    expect(refused?.message).toContain(line);
    expect(refused?.message).not.toMatch(/secret@|\n/);
  });
});

test('the sandbox is on with the embedded database, and off beside any other', () => {
  const sandboxOf = (environment: NodeJS.ProcessEnv) => readEnvironment(environment).SANDBOX;
  const DATABASE_URL = 'postgres://u@h/db';
  expect([sandboxOf({}), sandboxOf({ SANDBOX: 'off' })]).toEqual(['on', 'off']);
  expect([sandboxOf({ DATABASE_URL }), sandboxOf({ DATABASE_URL, SANDBOX: 'on' })]).toEqual(['off', 'on']);
});

function refusalOf(environment: NodeJS.ProcessEnv): Error | undefined {
  try {
    readEnvironment(environment);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
