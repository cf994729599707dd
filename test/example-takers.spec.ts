import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import { ApiKeysService, TakersService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { canRun, EXAMPLE_TAKERS, type ExampleTaker } from './support/example-takers.js';
import { lockedOrder, succeeded } from './support/handshake.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** The takers of clients/java and clients/go at the service itself, with keys that demand signatures. */
const PATIENCE_MS = 60_000;
const STEP = { operator: 'tester', reason: 'the desk is not sure' };

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

async function launch({ build }: ExampleTaker, { takerId, address }: TakerClient): Promise<ServiceProcess> {
  const command = await build(folder);
  const keys = new ApiKeysService(service.dataSource, service.settings);
  const { apiKey, apiSecret } = await keys.create(takerId, { requireSignature: true });
  const taker = {
    LOCKSTEP_API_KEY: apiKey,
    LOCKSTEP_SIGNING_SECRET: apiSecret,
    LOCKSTEP_TAKER_ADDRESS: address,
  };
  return ServiceProcess.launch({ LOCKSTEP_URL: service.url, ...taker }, command);
}

for (const example of EXAMPLE_TAKERS) {
  const here = canRun(example, 'the tests of the taker') ? test : test.skip;
  here(
    `${example.language}: its own tools have nothing against it`,
    () => example.check(folder),
    PATIENCE_MS,
  );

  here(
    `${example.language}: suspended, it gives up what it holds; resumed, it locks what came meanwhile`,
    async () => {
      const takers = service.app.get(TakersService);
      const { maker, taker, id } = await lockedOrder(service);
      await takers.suspend(taker.takerId, STEP);
      const isShutOut = async () => (await taker.call('GET', '/orders/available')).status === 403;
      await until(isShutOut, 'the key to be refused');
      const bot = await launch(example, taker);
      try {
        const isListening = () => /lists refused: 403/.test(bot.stdout + bot.stderr);
        await until(isListening, 'the taker to listen', PATIENCE_MS);
        const { id: later } = await maker.place();
        succeeded(await maker.cancel(id), 202);
        await until(async () => (await maker.order(id)).status === 'cancelled', 'the answer', PATIENCE_MS);
        await takers.resume(taker.takerId, STEP);
        await until(async () => (await maker.order(later)).status === 'locked', 'the lock', PATIENCE_MS);
      } finally {
        await bot.stop();
      }
    },
    2 * PATIENCE_MS,
  );
}
