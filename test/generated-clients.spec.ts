import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startService, type TestService } from './support/service.js';

/** Code that others generate from openapi.json, held against the compiler and the running service. */
const FOLDER = 'artifacts/clients';
const GENERATED = `${FOLDER}/generated`;
const PATIENCE_MS = 120_000;

const run = promisify(execFile);
const tool = (name: string, args: string[]) => run(`node_modules/.bin/${name}`, args);

async function generate(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  const input = 'openapi.json';
  await tool('openapi-typescript', [input, '--output', `${GENERATED}/openapi-typescript.ts`]);
  await tool('openapi-ts', ['--input', input, '--output', `${GENERATED}/hey-api`, '--no-log-file']);
  const named = ['--output', GENERATED, '--name', 'swagger-typescript-api.ts', '--enum-style=union'];
  await tool('swagger-typescript-api', ['generate', '--path', input, ...named]);
}

/** Fails with what the compiler prints. */
async function compile(): Promise<void> {
  await tool('tsc', ['--project', 'test/generated-clients']).catch((error: { stdout: string }) => {
    throw new Error(`generated code does not compile:\n${error.stdout}`);
  });
}

let service: TestService;
beforeAll(async () => {
  service = await startService();
  await generate();
  await compile();
}, PATIENCE_MS);
afterAll(() => service.stop());

test('the code of three generators compiles with strict, and a handshake in it goes through', async () => {
  const taker = await service.newTaker();
  const program = `${FOLDER}/built/test/generated-clients/handshake.js`;
  const { url } = service;
  const { stdout } = await run(process.execPath, [
    program,
    `--url=${url}`,
    `--key=${taker.apiKey}`,
    `--address=${taker.address}`,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    asked: 202,
    contradiction: 409003,
    status: 'cancelled',
    resolved_by: 'answer',
    message: 'Not traded yet',
  });
});
