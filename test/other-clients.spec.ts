import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import { succeeded } from './support/handshake.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { isHere } from './support/tools.js';
import { until } from './support/until.js';

/** The handshake, signed, as takers speak it who have other languages' HTTP and sockets. In CI they must be there. */
const PATIENCE_MS = 120_000;

const CLIENTS: [name: string, command: string[], probe: string[], debian: string][] = [
  [
    "Java's HttpClient",
    ['java', 'test/other-clients/Taker.java'],
    ['javac', '-version'],
    'default-jdk-headless',
  ],
  [
    "Python's urllib and websockets",
    ['/usr/bin/python3', 'test/other-clients/taker.py'],
    ['/usr/bin/python3', '-c', 'import websockets'],
    'python3-websockets',
  ],
];

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

for (const [name, command, probe, debian] of CLIENTS) {
  (isHere(`the test of ${name}`, probe, debian) ? describe : describe.skip)(name, () => {
    test(
      'locks an order, hears the question and answers it, each call signed',
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
          command,
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
  });
}
