import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { queryTypeOf } from '../src/http/json/nest-parameters.js';
import { HealthController } from '../src/operations/health.controller.js';
import { HistoryQuery } from '../src/push/dto/events.dto.js';
import { TakerEventsController } from '../src/push/taker-events.controller.js';

test('Nest keeps the class of a query parameter where it is looked for', () => {
  expect(queryTypeOf(TakerEventsController, 'getHistory')).toBe(HistoryQuery);
  expect(queryTypeOf(HealthController, 'live')).toBeUndefined();
});
