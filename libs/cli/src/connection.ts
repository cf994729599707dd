import { readFileSync } from 'node:fs';
import { createTaker, type Taker } from '#client';
import { type Command, Option } from 'commander';
import { UsageError } from './refusals.js';

const DEFAULT_URL = 'http://127.0.0.1:3000';

export interface ServiceOptions {
  url: string;
  json?: boolean;
}

export interface TakerOptions extends ServiceOptions {
  apiKey?: string;
  signingSecret?: string;
}

/** Adds where the service is, and the form of what is printed. */
export function withService(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'where the service is').env('LOCKSTEP_URL').default(DEFAULT_URL))
    .option('--json', 'print JSON, for programs');
}

/** Adds the options of who calls as a taker, too. */
export function withTaker(command: Command): Command {
  return withService(command)
    .addOption(secretOption('--api-key <key>', "the taker's API key", 'LOCKSTEP_API_KEY'))
    .addOption(
      secretOption(
        '--signing-secret <secret>',
        "the key's secret, to sign requests",
        'LOCKSTEP_SIGNING_SECRET',
      ),
    );
}

export function secretOption(flags: string, description: string, variable: string): Option {
  return new Option(flags, `${description}, or @file`).env(variable);
}

/** Where the service is, without a slash at the end. */
export function urlOf({ url }: ServiceOptions): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed && !parsed.search && !parsed.hash && !parsed.username && !parsed.password;
  if (!isPlain || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(
      '--url or LOCKSTEP_URL must be http://host[:port] or https://host[:port], without a user',
    );
  }
  return parsed.href.replace(/\/$/, '');
}

export interface TakerAccess {
  url: string;
  apiKey: string;
  apiSecret: string | undefined;
}

export function takerAccess(options: TakerOptions): TakerAccess {
  const apiKey = secretIn(options.apiKey, 'LOCKSTEP_API_KEY or --api-key');
  const apiSecret = secretIn(options.signingSecret, 'LOCKSTEP_SIGNING_SECRET or --signing-secret');
  if (apiKey === undefined) throw new UsageError('set LOCKSTEP_API_KEY, or give --api-key @file');
  return { url: urlOf(options), apiKey, apiSecret };
}

export function takerOf(options: TakerOptions, address = ''): Taker {
  return createTaker({ ...takerAccess(options), address });
}

/** A secret as it is given, or the content of its file; what is said of a wrong one does not have it. */
export function secretIn(given: string | undefined, name: string): string | undefined {
  const secret = given?.startsWith('@') ? contentOf(given.slice(1), name) : given;
  if (!secret) return undefined;
  if (!/^[!-~]+$/.test(secret)) throw new UsageError(`${name} must be printable ASCII without blanks`);
  return secret;
}

function contentOf(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${name}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}
