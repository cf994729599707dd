import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderQueries } from '#trading';
import { EXAMPLES } from '../src/http/json/fields.js';
import { type Language, LANGUAGES } from './code-samples/languages.js';
import { OPERATIONS } from './code-samples/samples.js';
import { OUTCOMES, type Scene, sceneOf, withValues } from './code-samples/scene.js';
import { misfitsOf } from './support/documented.js';
import { startService, type TestService } from './support/service.js';
import { isHere } from './support/tools.js';

/** The document's samples of every call, run as they stand there, but for the examples' values. */
const FOLDER = resolve('artifacts/code-samples');
const PATIENCE_MS = 120_000;

const here = LANGUAGES.filter(({ label, probe, debian }) => isHere(`the samples in ${label}`, probe, debian));
const runs = new Map<string, Promise<Run>>();

interface Run {
  answers: unknown[];
  scenes: Scene[];
}

let service: TestService;
beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  service = await startService();
  for (const language of here) runs.set(language.label, runAll(language));
  await Promise.allSettled(runs.values());
}, PATIENCE_MS);
afterAll(() => service.stop());

/** Each language's samples by a taker and a maker of its own, all languages side by side. */
async function runAll({ label, run }: Language): Promise<Run> {
  const callers = { taker: await service.newTaker(), maker: await service.newMaker() };
  const scenes: Scene[] = [];
  for (const operation of OPERATIONS) {
    scenes.push(await sceneOf(operation, scenes.length + 1, service, callers));
  }
  const samples = OPERATIONS.map(({ operationId, sources }, index) => ({
    operationId,
    source: withValues(sources.get(label)!, scenes[index]!.values),
  }));
  const folder = `${FOLDER}/${label}`;
  mkdirSync(folder, { recursive: true });
  const printed = await run(samples, folder, {
    LOCKSTEP_URL: service.url,
    LOCKSTEP_API_KEY: callers.taker.apiKey,
    LOCKSTEP_TOKEN: callers.maker.token,
  });
  const lines = printed.split('\n').filter((line) => line !== '');
  return { answers: lines.map((line) => JSON.parse(line) as unknown), scenes };
}

test('every call has one in each language', () => {
  const labels = LANGUAGES.map(({ label }) => label);
  for (const { operationId, sources } of OPERATIONS) {
    expect([operationId, ...sources.keys()]).toEqual([operationId, ...labels]);
  }
});

describe.each(LANGUAGES.map(({ label }) => label))('the samples in %s', (label) => {
  const ifHere = here.some((language) => language.label === label) ? test : test.skip;

  ifHere('are answered with the documented success, every one', async () => {
    const { answers } = await runs.get(label)!;
    expect(answers).toHaveLength(OPERATIONS.length);
    for (const [index, { operationId, successes }] of OPERATIONS.entries()) {
      const misfits = successes.map((success) => misfitsOf(success, answers[index]));
      expect([operationId, misfits]).toEqual([operationId, expect.arrayContaining([undefined])]);
    }
  });

  ifHere('do to orders what they say', async () => {
    const queries = service.app.get(OrderQueries);
    const { scenes } = await runs.get(label)!;
    for (const [index, { operationId }] of OPERATIONS.entries()) {
      const outcome = OUTCOMES[operationId];
      if (!outcome) continue;
      const { values, maker } = scenes[index]!;
      const now = await queries.ofMaker(maker, { order_hash: values[EXAMPLES.hash]! });
      const [order, request] = outcome;
      expect([operationId, now.order.status, now.cancellation?.status]).toEqual([
        operationId,
        order,
        request,
      ]);
    }
  });
});
