import { expect, jest, test } from '@jest/globals';
import { readConfig } from '#client';
import { WAITS_MS } from '#config';

const { place, transaction, statement, answer, call, connection } = WAITS_MS;

test('every wait of a call has its own end before the end of what it is a part of', () => {
  expect(statement).toBeLessThan(answer);
  expect(place + transaction + answer).toBeLessThan(call);
  expect(call).toBeLessThan(connection);
});

test('our client does not give a call up before the service does', async () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  const answered = Response.json({ code: 0, data: {} });
  await readConfig({ url: 'http://127.0.0.1', fetch: () => Promise.resolve(answered) }).catch(() => {});
  expect(timeout.mock.calls.map(([milliseconds]) => milliseconds)).toEqual([expect.any(Number)]);
  expect(timeout.mock.calls[0]![0]).toBeGreaterThanOrEqual(call);
});
