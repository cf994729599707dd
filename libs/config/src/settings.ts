import { statSync } from 'node:fs';
import { z } from 'zod';
import { parseDatabaseUrl } from './database-url.js';
import { IP_RANGE_RULE, isIpRange } from './ip-ranges.js';
import { originOf } from './origins.js';
import { ADDRESS_PATTERN, TICKER_PATTERN } from './patterns.js';
import { LaunchError } from './process-lifecycle.js';
import { isSite, siteOf } from './sites.js';
import { TRACE_SETTINGS } from './trace-settings.js';
import { WrongDatabaseUrl } from './wrong-database-url.js';

/** A whole number given as text, within bounds that its message names together with what it is. */
const number = (what: string, min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be ${what} from ${min} to ${max}`,
    })
    .transform(Number);

const LIST = new Intl.ListFormat('en-GB');
const SECONDS = 'a whole number of seconds';

/** A lock must end some day, or a taker that vanished would hold the order for ever. */
export const LONGEST_LOCK_SECONDS = 604_800;

/** An open request lives with its lock, 7 days at most, and is pushed again from its event: that must still be there. */
export const MIN_EVENT_RETENTION_DAYS = 8;

const ipRanges = z
  .string()
  .transform((text) => text.split(',').map((range) => range.trim()))
  .refine((ranges) => ranges.every(isIpRange), {
    error: `must be a comma-separated list, each ${IP_RANGE_RULE}`,
  });

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => originOf(origin.trim())))
  .refine((list): list is string[] => list.every((origin) => origin !== undefined), {
    error: 'must be a comma-separated list of origins as browsers send them, such as https://app.example.com',
  });

const loginDomains = z
  .string()
  .transform((text) => text.split(',').map((domain) => domain.trim()))
  .refine((domains) => domains.every(isSite), {
    error:
      'must be a comma-separated list of hosts, with a port unless it is the default, such as app.example.com',
  })
  .transform((domains) => domains.map(siteOf));

/** The credentials of one are those of all. */
const isNatsUrl = (text: string): boolean =>
  /^(nats|tls):\/\/./.test(text) && URL.canParse(text) && new URL(text).hostname !== '';

const natsUrls = z
  .string()
  .transform((text) => text.split(',').map((url) => url.trim()))
  .refine((urls) => urls.every(isNatsUrl), {
    error: 'must be a comma-separated list of nats:// or tls:// URLs',
  });

/** What cannot be told yet shows when the folder is used. */
const isFolderOrNone = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR';
  }
};

const address = z.string().regex(new RegExp(ADDRESS_PATTERN), { error: 'must be 0x and 40 hex digits' });

const TICKER = new RegExp(TICKER_PATTERN);

const tickers = z
  .string()
  .transform((text) => text.split(',').map((ticker) => ticker.trim()))
  .refine((list) => list.every((ticker) => TICKER.test(ticker)), {
    error: 'must be a comma-separated list of tickers, each of 1 to 32 printable ASCII characters',
  });

const walletKeys = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}(,0x[0-9a-fA-F]{64})*$/, {
    error: 'must be private keys (0x and 64 hex digits) with commas between them',
  })
  .transform((text) => text.split(',') as `0x${string}`[]);

const ED25519_KEY = /^[0-9a-f]{64}$/;
const ED25519_RULE = '32 bytes of Ed25519 as 64 lower-case hex digits';

const certificateIssuers = z
  .string()
  .transform((text) => text.split(',').map((issuer) => issuer.trim()))
  .refine((issuers) => issuers.every((issuer) => ED25519_KEY.test(issuer)), {
    error: `must be public keys with commas between them, each ${ED25519_RULE}`,
  });

const databaseUrl = z.string().superRefine((text, context) => {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof WrongDatabaseUrl)) throw error;
    context.addIssue({ code: 'custom', message: error.rule });
  }
});

const MIN_SECRET_LENGTH = 32;
const MIN_SECRET_VARIETY = 8;

/** Whether a text can be a random one: of some variety, and not a shorter one over and over. */
const isVaried = (text: string): boolean =>
  new Set(text).size >= MIN_SECRET_VARIETY && (text + text).indexOf(text, 1) === text.length;

/** Several are for a rotation, newest first; see {@link secretsOf}. */
const secrets = z
  .string()
  .refine((text) => secretsOf(text).every((secret) => secret.length >= MIN_SECRET_LENGTH), {
    error: `must have at least ${MIN_SECRET_LENGTH} characters, also each of several that have commas between them`,
    abort: true,
  })
  .refine((text) => secretsOf(text).every(isVaried), {
    error:
      'must be random, such as the output of "openssl rand -hex 32", not the same few characters over and over',
  });

/**
 * Every setting of the service, as environment variables. What each one means stands in docs/configuration.md.
 */
export const settingsSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], { error: 'must be development, test or production' })
    .default('development'),
  HOST: z.string().min(1, { error: 'must not be empty' }).default('127.0.0.1'),
  PORT: number('a TCP port', 0, 65_535).default(3000),
  DATABASE_URL: databaseUrl.optional(),
  DATA_DIR: z.string().refine(isFolderOrNone, { error: 'must be a folder, not a file' }).default('.data'),
  JWT_SECRET: secrets.optional(),
  MASTER_KEY: secrets.optional(),
  EIP712_CHAIN_ID: number('an EIP-155 chain id', 1, 999_999_999_999_999).default(97),
  EIP712_VERIFYING_CONTRACT: address.default('0xCB310C56A19078aA969A922f382613d932D89D83'),
  CHAIN_RPC_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
  CHAIN_TOKENS: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}(,0x[0-9a-fA-F]{40})*$/, {
      error: 'must be token addresses (0x and 40 hex digits) with commas between them',
    })
    .transform((text) => text.toLowerCase().split(','))
    .default([]),
  ORDER_MIN_VALIDITY_HOURS: number('a whole number of hours', 0, 87_600).default(720),
  LOCK_TTL_SECONDS: number(SECONDS, 1, LONGEST_LOCK_SECONDS).default(3600),
  CANCELLATION_TIMEOUT_SECONDS: number(SECONDS, 1, 86_400).default(60),
  LOCK_MAX_SECONDS: number(SECONDS, 1, LONGEST_LOCK_SECONDS).default(LONGEST_LOCK_SECONDS),
  CANCELLATION_COOLDOWN_SECONDS: number(SECONDS, 0, 86_400).default(10),
  MAX_OPEN_ORDERS_PER_MAKER: number('a number of orders (0: no limit)', 0, 1_000_000).default(1_000),
  ORDERS_PER_MINUTE_PER_MAKER: number('a number of orders (0: no limit)', 0, 1_000_000).default(120),
  MAX_LOCKS_PER_TAKER: number('a number of locks (0: no limit)', 0, 1_000_000).default(1_000),
  EVENT_RETENTION_DAYS: number('a whole number of days', MIN_EVENT_RETENTION_DAYS, 3_650).default(30),
  RATE_LIMIT_PER_SECOND: number('a number of requests (0: no limit)', 0, 1_000_000).default(200),
  LOGINS_PER_MINUTE_PER_ADDRESS: number('a number of logins (0: no limit)', 0, 1_000_000).default(300),
  ORDERS_PER_MINUTE_PER_ADDRESS: number('a number of orders (0: no limit)', 0, 1_000_000).default(1_200),
  MAX_SOCKETS_PER_CALLER: number('a number of sockets', 1, 1_000_000).default(100),
  EVENT_BUS: z.enum(['postgres', 'nats'], { error: 'must be postgres or nats' }).default('postgres'),
  NATS_URL: natsUrls.default([]),
  ALLOWED_ORIGINS: origins.default([]),
  LOGIN_DOMAINS: loginDomains.default([]),
  TRUSTED_PROXIES: ipRanges.default([]),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),
  WORKER: z.enum(['inline', 'off'], { error: 'must be inline or off' }).default('inline'),
  METRICS_PORT: number('a TCP port', 1, 65_535).optional(),
  WORKER_METRICS_PORT: number('a TCP port', 1, 65_535).optional(),
  ...TRACE_SETTINGS,
  MIGRATIONS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  SANDBOX: z.enum(['on', 'off'], { error: 'must be on or off' }).optional(),
  SANDBOX_ORDERS_PER_MINUTE: number('a number of orders (0: none)', 0, 600).default(6),
  SANDBOX_TICKERS: tickers.default(['AAPL', 'MSFT', 'NVDA']),
  SANDBOX_STEP_MS: number('a whole number of milliseconds', 10, 60_000).default(1_000),
  SANDBOX_MAKER_KEYS: walletKeys.default([
    `0x${'a1'.repeat(32)}`,
    `0x${'a2'.repeat(32)}`,
    `0x${'a3'.repeat(32)}`,
  ]),
  SANDBOX_API_KEY: z.string().optional(),
  SANDBOX_TAKER_ADDRESS: address.optional(),
  SANDBOX_CERTIFICATE_KEY: z
    .string()
    .regex(ED25519_KEY, { error: `must be ${ED25519_RULE}` })
    .optional(),
  CERTIFICATE_ISSUERS: certificateIssuers.default([]),
});

/** The secrets of a setting that may have several: new things are made with the first, old ones may be of any. */
export function secretsOf(setting: string): [newest: string, ...others: string[]] {
  return setting.split(',').map((secret) => secret.trim()) as [string, ...string[]];
}

/** What the environment says, checked. */
export type Environment = z.infer<typeof settingsSchema> & { SANDBOX: 'on' | 'off' };

/** The checked settings of one process. The secrets are there: given, or made once and kept under DATA_DIR. */
export type Settings = Environment & { JWT_SECRET: string; MASTER_KEY: string };

/** Dependency injection token of the {@link Settings}. */
export const SETTINGS = Symbol('Settings');

const NO_SANDBOX_IN_PRODUCTION =
  'SANDBOX must be off when NODE_ENV is production: it places orders, locks and fills them';

const databaseSchema = settingsSchema.pick({ DATABASE_URL: true, DATA_DIR: true });

/** Where the database is: all that a tool needs that works on its rows alone. */
export type DatabaseSettings = z.infer<typeof databaseSchema>;

export function loadDatabaseSettings(env: NodeJS.ProcessEnv = process.env): DatabaseSettings {
  return read(databaseSchema, env);
}

const sandboxSchema = settingsSchema.pick({
  NODE_ENV: true,
  HOST: true,
  SANDBOX_ORDERS_PER_MINUTE: true,
  SANDBOX_TICKERS: true,
  SANDBOX_STEP_MS: true,
  SANDBOX_MAKER_KEYS: true,
  SANDBOX_API_KEY: true,
  SANDBOX_TAKER_ADDRESS: true,
  SANDBOX_CERTIFICATE_KEY: true,
});

/** How the sandbox plays. */
export type SandboxSettings = z.infer<typeof sandboxSchema>;

/** The same for the sandbox as a process of its own, which works through the service's API alone. */
export function loadSandboxSettings(env: NodeJS.ProcessEnv = process.env): SandboxSettings {
  const settings = read(sandboxSchema, env);
  if (settings.NODE_ENV === 'production') throw new LaunchError(NO_SANDBOX_IN_PRODUCTION);
  return settings;
}

/** An empty variable counts as not set. */
function read<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.infer<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new LaunchError(
    parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
  );
}

/** Reads and checks the environment. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const given = read(settingsSchema, env);
  // the embedded database is for trying the service out
  const settings = { ...given, SANDBOX: given.SANDBOX ?? (given.DATABASE_URL ? 'off' : 'on') } as const;
  if ((settings.CHAIN_RPC_URL !== undefined) !== settings.CHAIN_TOKENS.length > 0) {
    throw new LaunchError('CHAIN_RPC_URL and CHAIN_TOKENS must be set together');
  }
  if (settings.LOCK_TTL_SECONDS > settings.LOCK_MAX_SECONDS) {
    throw new LaunchError('LOCK_TTL_SECONDS must not be above LOCK_MAX_SECONDS');
  }
  if (settings.EVENT_BUS === 'nats' && settings.NATS_URL.length === 0) {
    throw new LaunchError('NATS_URL must be set when EVENT_BUS is nats');
  }
  if (settings.NODE_ENV === 'production') {
    const required = ['DATABASE_URL', 'JWT_SECRET', 'MASTER_KEY'] as const;
    const missing = required.filter((name) => !settings[name]);
    if (missing.length > 0) {
      throw new LaunchError(`${LIST.format(missing)} must be set when NODE_ENV is production`);
    }
    if (settings.SANDBOX === 'on') throw new LaunchError(NO_SANDBOX_IN_PRODUCTION);
  }
  return settings;
}
