import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sentTogether } from '#database';
import { startService, type TestService } from './support/service.js';

/** Statements that one transaction sends without waiting for each other. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('the first to fail is the reason, though its failure may be heard of after those of the others', async () => {
  const failure = service.dataSource.transaction((manager) => {
    const cause = manager.query('SELECT 1 / 0');
    const consequence = manager.query('SELECT 1');
    // as when the cause is handled by more functions on its way
    const late = consequence.catch(() => {}).then(() => cause);
    return sentTogether([late, consequence]);
  });
  await expect(failure).rejects.toMatchObject({ driverError: { code: '22012' } });
});
