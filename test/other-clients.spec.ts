import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import { succeeded } from './support/handshake.js';
import { hasPython, PYTHON } from './support/python.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** The handshake, signed, as takers speak it who have Python and none of our clients. */
const PATIENCE_MS = 120_000;

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

(hasPython('the handshake of urllib and websockets') ? test : test.skip)(
  "Python's urllib and websockets lock an order, hear the question and answer it, each call signed",
  async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const keys = new ApiKeysService(service.dataSource, service.settings);
    const { apiKey, apiSecret } = await keys.create(taker.takerId, { requireSignature: true });
    const { id, order_hash: hash } = await maker.place();
    const client = ServiceProcess.launch(
      {
        LOCKSTEP_URL: service.url,
        API_KEY: apiKey,
        API_SECRET: apiSecret,
        TAKER_ADDRESS: taker.address,
        ORDER_HASH: hash,
      },
      [PYTHON, 'test/other-clients/taker.py'],
    );
    const isListening = () => client.stdout.includes('listening') || client.child.exitCode !== null;
    await until(isListening, 'the client to listen', PATIENCE_MS);
    expect(client.stdout + client.stderr).toMatch(/listening\s*$/);
    succeeded(await maker.cancel(id), 202);
    const code = await client.end();
    expect({ code, stderr: client.stderr }).toMatchObject({ code: 0 });
    expect(client.stdout).toContain('Cancellation result recorded');
    expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
  },
  PATIENCE_MS,
);
