import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectRefusal, TOO_MANY } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** One address gets so many documents and files of pages in a minute, and is then refused as any other call is. */
const DOCUMENTS_PER_MINUTE = 300;

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('what is beyond is refused, whichever document it is', async () => {
  const paths = ['/docs', '/guide/push', '/docs/errors/409003', '/console/', '/llms.txt', '/openapi.json'];
  for (let asked = 0; asked < DOCUMENTS_PER_MINUTE; asked += paths.length) {
    const answers = await Promise.all(paths.map((path) => fetch(`${service.url}${path}`)));
    for (const answer of answers) await answer.arrayBuffer();
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
  }
  for (const path of paths) {
    const answer = await fetch(`${service.url}${path}`);
    expectRefusal({ status: answer.status, body: await answer.json() }, TOO_MANY, /^too many documents/);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
});
