import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { ApiKeysService, TakersService } from '#trading';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';

/** What a newcomer needs to try the service out. */
export interface DemoAccess {
  taker_address: string;
  api_key: string;
  api_secret: string;
  maker_private_key: `0x${string}`;
  maker_address: string;
}

/** The demo taker's key and the demo maker's wallet of the embedded database, made once and kept beside it. */
export async function demoAccess(app: INestApplicationContext, dataDir: string): Promise<DemoAccess> {
  const file = join(dataDir, 'demo-access.json');
  const apiKeys = app.get(ApiKeysService);
  const kept = readKept(file);
  if (kept && !('refused' in (await apiKeys.authenticate(kept.api_key)))) return kept;

  const takerAddress = privateKeyToAddress(generatePrivateKey()).toLowerCase();
  const name = `demo taker ${takerAddress.slice(0, 10)}`;
  const { takerId } = await app.get(TakersService).create(name, [takerAddress]);
  const key = await apiKeys.create(takerId);
  const makerKey = generatePrivateKey();
  const access: DemoAccess = {
    taker_address: takerAddress,
    api_key: key.apiKey,
    api_secret: key.apiSecret,
    maker_private_key: makerKey,
    maker_address: privateKeyToAddress(makerKey).toLowerCase(),
  };
  writeFileSync(file, JSON.stringify(access, null, 2), { mode: 0o600 });
  return access;
}

function readKept(file: string): DemoAccess | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoAccess;
  } catch {
    return undefined; // not made yet, or damaged: a new one is made
  }
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

/** The address is the one that is bound, the URL one for clients on this machine. */
export function printWelcome(address: string, url: string, access: DemoAccess): void {
  const others = ALL_ADDRESSES.has(address)
    ? `\n  It listens on ${address}: every address of this machine leads here.\n`
    : '';
  process.stdout.write(`
  Lockstep is running, on an embedded PostgreSQL that is for trying it out.
${others}
  API            ${url}/api/v1
  Docs           ${url}/docs
  OpenAPI        ${url}/openapi.json
  Taker socket   ${url.replace('http', 'ws')}/ws/taker/v1?types=order_status_change,cancellation_request

  Taker address  ${access.taker_address}
  API key        ${access.api_key}
  API secret     ${access.api_secret}
  Maker wallet   ${access.maker_address}
  Private key    ${access.maker_private_key}  (demo only)

  Try a call: the orders that can be locked, none yet
  curl -s ${url}/api/v1/orders/available -H 'X-API-Key: ${access.api_key}'

  Or watch the whole handshake: npm run demo

`);
}
