import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, jest, test } from '@jest/globals';
import { readConfig } from '#client';
import { until } from './support/until.js';

const LIMIT_MS = 300;

test('a call that a silent service does not answer fails in time, however often memory is tidied up meanwhile', async () => {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(LIMIT_MS));
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const silent = createServer().listen(0, '127.0.0.1');
  await until(() => silent.listening, 'the port');
  const { port } = silent.address() as AddressInfo;
  let failure: unknown;
  readConfig({ url: `http://127.0.0.1:${port}` }).catch((error: unknown) => (failure = error));
  try {
    await until(() => {
      collectGarbage();
      return failure !== undefined;
    }, 'the call to fail');
    expect(failure).toMatchObject({ name: 'TimeoutError' });
  } finally {
    silent.close();
  }
});
