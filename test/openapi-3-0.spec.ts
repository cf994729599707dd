import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type SpecData, Validator } from '@seriousme/openapi-schema-validator';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ExternalService } from './support/external-service.js';
import type { ServiceProcess } from './support/service-process.js';

/** The document for generators that know version 3.0 alone. */
let service: ExternalService;
let instance: ServiceProcess;
let document: OpenAPIObject;
let newer: OpenAPIObject;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start();
  [document, newer] = await Promise.all([read('/openapi-3.0.json'), read('/openapi.json')]);
});
afterAll(async () => {
  await instance.stop();
  await service.drop();
});

const read = async (path: string) => (await (await fetch(service.url + path)).json()) as OpenAPIObject;

/** The validator writes into what it is given. */
const takenBy = (validator: Validator, given: OpenAPIObject) =>
  validator.validate(structuredClone(given) as object as SpecData);

test('a validator of version 3.0 takes it', async () => {
  const validator = new Validator();
  expect(await takenBy(validator, document)).toEqual({ valid: true });
  expect(validator.version).toBe('3.0');
  expect((await takenBy(validator, { ...newer, openapi: '3.0.3' })).valid).toBe(false);
});

test('has no null among its types, and no const', () => {
  const said = JSON.stringify(document);
  expect(said).not.toMatch(/"type":"null"|"type":\[|"const":/);
  expect(JSON.stringify(newer)).toMatch(/"type":"null"/);
});

test('has the samples of each call', () => {
  const samplesOf = ({ paths }: OpenAPIObject) =>
    Object.values(paths).flatMap((path) => Object.values(path).map((call) => call['x-codeSamples']));
  expect(samplesOf(document)).toEqual(samplesOf(newer));
  expect(samplesOf(newer)).not.toContain(undefined);
});

test('has every call and schema, and what may be null there may be null here', () => {
  expect(Object.keys(document.paths)).toEqual(Object.keys(newer.paths));
  expect(Object.keys(document.components!.schemas!)).toEqual(Object.keys(newer.components!.schemas!));
  const { OrderView, Cancellation, CancelResultRequest } = document.components!.schemas as never as Record<
    string,
    { properties: Record<string, object> }
  >;
  expect(OrderView!.properties).toMatchObject({
    locked_by: { type: 'string', nullable: true },
    cancellation: { allOf: [{ $ref: '#/components/schemas/Cancellation' }], nullable: true, example: null },
  });
  expect(Cancellation!.properties.resolved_by).toMatchObject({
    allOf: [{ $ref: '#/components/schemas/ResolvedBy' }],
    nullable: true,
  });
  expect(CancelResultRequest!.properties.request_id).toMatchObject({ type: 'string', nullable: true });
  expect(OrderView!.properties.status).not.toHaveProperty('nullable');
});
