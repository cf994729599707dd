import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ExternalService } from './support/external-service.js';
import { call } from './support/http.js';
import { MetricsPage } from './support/metrics.js';
import type { ServiceProcess } from './support/service-process.js';

/** Where the figures are, and where they are not. */
let service: ExternalService;
let plain: ServiceProcess;
let own: ServiceProcess;
let ports: { plain: number; own: number; metrics: number };
beforeAll(async () => {
  service = await ExternalService.prepare();
  ports = { plain: await freePort(), own: await freePort(), metrics: await freePort() };
  plain = await service.start({ HOST: '0.0.0.0', PORT: String(ports.plain) });
  own = await service.start({ PORT: String(ports.own), METRICS_PORT: String(ports.metrics) });
}, 120_000);
afterAll(async () => {
  await Promise.all([plain.stop(), own.stop()]);
  await service.drop();
});

const NOT_FOUND = { status: 404, body: { code: 404000 } };

test('without METRICS_PORT they are on the API’s port, for this machine alone', async () => {
  expect((await MetricsPage.of(`http://127.0.0.1:${ports.plain}`)).value('lockstep_sockets')).toBeDefined();
  const outer = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal);
  if (outer)
    expect(await call('GET', `http://${outer.address}:${ports.plain}/metrics`)).toMatchObject(NOT_FOUND);
});

test('with it they are there, and not on the API’s port', async () => {
  expect((await MetricsPage.of(`http://127.0.0.1:${ports.metrics}`)).value('lockstep_sockets')).toBeDefined();
  expect(await call('GET', `http://127.0.0.1:${ports.own}/metrics`)).toMatchObject(NOT_FOUND);
  expect((await fetch(`http://127.0.0.1:${ports.metrics}/api/v1/orders`)).status).toBe(404);
});

test('a port that is taken stops the service with one line that names it', async () => {
  const started = service.start({ PORT: String(await freePort()), METRICS_PORT: String(ports.metrics) });
  await expect(started).rejects.toThrow(`cannot listen on 127.0.0.1:${ports.metrics} (HOST, METRICS_PORT)`);
});
