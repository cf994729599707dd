import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESS_PATTERN, makeDataDir, type Settings } from '#config';
import type { INestApplicationContext } from '@nestjs/common';
import { AcceptedKeys, ApiKeysService, TakersService } from '#trading';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { z } from 'zod';

const addressText = z.string().regex(new RegExp(ADDRESS_PATTERN));

/** A taker's key. */
const takerAccess = z.object({ taker_address: addressText, api_key: z.string(), api_secret: z.string() });
type TakerAccess = z.infer<typeof takerAccess>;

/** What a newcomer needs to try the service out. */
const demoAccessSchema = takerAccess.extend({ maker_private_key: z.string(), maker_address: addressText });
export type DemoAccess = z.infer<typeof demoAccessSchema>;

/** The demo taker's key and the demo maker's wallet of the embedded database, made once and kept beside it. */
export function demoAccess(app: INestApplicationContext, dataDir: string): Promise<DemoAccess> {
  return keptAccess(app, join(dataDir, 'demo-access.json'), demoAccessSchema, async () => {
    const makerKey = generatePrivateKey();
    return {
      ...(await newTaker(app, 'demo')),
      maker_private_key: makerKey,
      maker_address: privateKeyToAddress(makerKey).toLowerCase(),
    };
  });
}

/** The key of the taker that the sandbox plays, made once and kept under DATA_DIR. */
export async function sandboxAccess(
  app: INestApplicationContext,
  dataDir: string,
): Promise<{ address: string; apiKey: string }> {
  makeDataDir(dataDir);
  const file = join(dataDir, 'sandbox-access.json');
  const { taker_address: address, api_key: apiKey } = await keptAccess(app, file, takerAccess, () =>
    newTaker(app, 'sandbox'),
  );
  return { address, apiKey };
}

async function keptAccess<T extends TakerAccess>(
  app: INestApplicationContext,
  file: string,
  schema: z.ZodType<T>,
  make: () => Promise<T>,
): Promise<T> {
  const kept = readKept(file, schema);
  if (kept && !('refused' in (await app.get(AcceptedKeys).authenticate(kept.api_key)))) return kept;
  const access = await make();
  // and then in its place: whoever may read a damaged one may not read this
  writeFileSync(`${file}.new`, JSON.stringify(access, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return access;
}

async function newTaker(app: INestApplicationContext, kind: string): Promise<TakerAccess> {
  const taker_address = privateKeyToAddress(generatePrivateKey()).toLowerCase();
  const name = `${kind} taker ${taker_address.slice(0, 10)}`;
  const { takerId } = await app.get(TakersService).create(name, [taker_address]);
  const { apiKey, apiSecret } = await app.get(ApiKeysService).create(takerId);
  return { taker_address, api_key: apiKey, api_secret: apiSecret };
}

function readKept<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // not made yet, or damaged: a new one is made
  }
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

/** The address is the one that is bound, the URL one for clients on this machine. */
export function printWelcome(address: string, url: string, access: DemoAccess, { SANDBOX }: Settings): void {
  const others = ALL_ADDRESSES.has(address)
    ? `\n  It listens on ${address}: every address of this machine leads here.\n`
    : '';
  const sandbox =
    SANDBOX === 'on'
      ? `
  Sandbox        on: simulated takers act on orders by their quantity, simulated makers place some (docs/sandbox.md)
  A scenario     curl -s ${url}/sandbox/scenarios -H 'Content-Type: application/json' -d '{"name":"cancel-while-trading"}'
`
      : '';
  process.stdout.write(`
  Lockstep is running, on an embedded PostgreSQL that is for trying it out.
${others}
  API            ${url}/api/v1
  Docs           ${url}/docs
  Reference      ${url}/reference/
  Guide          ${url}/guide/
  Console        ${url}/console/#api_key=${access.api_key}&taker_address=${access.taker_address}
  OpenAPI        ${url}/openapi.json
  Taker socket   ${url.replace('http', 'ws')}/ws/taker/v1?types=order_status_change,cancellation_request

  Taker address  ${access.taker_address}
  API key        ${access.api_key}
  API secret     ${access.api_secret}
  Maker wallet   ${access.maker_address}
  Private key    ${access.maker_private_key}  (demo only)
${sandbox}
  Try a call: the orders that can be locked
  curl -s ${url}/api/v1/orders/available -H 'X-API-Key: ${access.api_key}'

  Or watch the whole handshake: npm run demo

`);
}
