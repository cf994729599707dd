import { afterAll, beforeAll, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ACCOUNTS, MODEL_SETTINGS, type OrderModel } from './model/order-model.js';
import type { Model, Real } from './model/step.js';
import { anyStep, ORDERS, START } from './model/steps.js';
import { type SignedOrder, World } from './model/world.js';
import { expectInvariants } from './support/invariants.js';
import { startService, type TestService } from './support/service.js';

/** Random calls of makers, takers, time and the operator, held against a model of the contract's tables. */
const RUNS = Number(process.env.MODEL_RUNS ?? 100);
const CALLS = 30;
jest.setTimeout(60_000 + RUNS * 5_000);

let service: TestService;
let world: World;
beforeAll(async () => {
  service = await startService(MODEL_SETTINGS);
  world = await World.with(service);
});
afterAll(async () => {
  await service.stop();
  jest.restoreAllMocks();
});

test(`the service and the model agree in ${RUNS} runs of up to ${CALLS} calls`, async () => {
  const calls = fc.commands([anyStep], { maxCommands: CALLS, size: 'max' });
  const run = fc.asyncProperty(calls, (steps) => fc.asyncModelRun(startOfRun, steps));
  await fc.assert(run, { numRuns: RUNS });
  await expectInvariants(service.dataSource);
});

async function startOfRun(): Promise<{ model: Model; real: Real }> {
  const orders = await Promise.all(Array.from({ length: ORDERS }, () => world.sign()));
  const run: { model: Model; real: Real } = {
    model: { orders: orders.map(signed), suspended: [] },
    real: { world, orders },
  };
  for (const account of ACCOUNTS) await world.operateAccount('resume', account);
  for (const step of START) await step.run(run.model, run.real);
  return run;
}

function signed({ placed: { quantity, deadline } }: SignedOrder): OrderModel {
  return {
    status: 'unknown',
    quantity: Number(quantity),
    deadline: deadline * 1000,
    lock: null,
    requests: [],
    fill: null,
  };
}
