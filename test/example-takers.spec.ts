import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import { EXAMPLE_TAKERS, type ExampleTaker, isHere } from './support/example-takers.js';
import { succeeded } from './support/handshake.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** The takers of clients/java and clients/go at the service itself, with keys that demand signatures. */
const PATIENCE_MS = 120_000;

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

async function launch({ build }: ExampleTaker): Promise<ServiceProcess> {
  const { takerId, address } = await service.newTaker();
  const command = await build(folder);
  const keys = new ApiKeysService(service.dataSource, service.settings);
  const { apiKey, apiSecret } = await keys.create(takerId, { requireSignature: true });
  const taker = { API_KEY: apiKey, API_SECRET: apiSecret, TAKER_ADDRESS: address };
  return ServiceProcess.launch({ LOCKSTEP_URL: service.url, ...taker }, command);
}

for (const example of EXAMPLE_TAKERS) {
  const here = isHere(example, 'the tests of the taker') ? test : test.skip;
  here(
    `${example.language}: its own tools have nothing against it`,
    () => example.check(folder),
    PATIENCE_MS,
  );

  here(
    `${example.language}: it locks an order that was there before it, and answers about it truly`,
    async () => {
      const maker = await service.newMaker();
      const { id } = await maker.place();
      const taker = await launch(example);
      try {
        await until(async () => (await maker.order(id)).status === 'locked', 'the lock', PATIENCE_MS);
        succeeded(await maker.cancel(id), 202);
        const isAnswered = async () => (await maker.order(id)).cancellation?.status !== 'requested';
        await until(isAnswered, 'the answer', PATIENCE_MS);
        const { status, cancellation } = await maker.order(id);
        // the trade begins by itself, and on a busy machine perhaps before it is asked
        const isTraded = cancellation?.message === 'Already trading';
        expect([status, cancellation?.status]).toEqual(
          isTraded ? ['locked', 'rejected'] : ['cancelled', 'accepted'],
        );
      } finally {
        await taker.stop();
      }
    },
    PATIENCE_MS,
  );
}
