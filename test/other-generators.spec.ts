import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { inVersion30 } from '../src/operations/openapi-3-0.js';

/** Further generators, and those that know version 3.0 alone: what they make of the document compiles. */
const FOLDER = 'artifacts/other-clients';
const OLDER = `${FOLDER}/openapi-3.0.json`;
const CODEGEN = 'node_modules/openapi-typescript-codegen/bin/index.js';
const PATIENCE_MS = 120_000;

const run = promisify(execFile);
const tool = (name: string, args: string[]) => run(`node_modules/.bin/${name}`, args);

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(OLDER, JSON.stringify(inVersion30(JSON.parse(readFileSync('openapi.json', 'utf8')))));
});

test(
  'the code of oazapfts, orval and openapi-typescript-codegen compiles with strict',
  async () => {
    for (const [version, document] of [
      ['3.1', 'openapi.json'],
      ['3.0', OLDER],
    ] as const) {
      await tool('oazapfts', [document, `${FOLDER}/oazapfts-${version}.ts`]);
      await tool('orval', [
        '--input',
        document,
        '--output',
        `${FOLDER}/orval-${version}.ts`,
        '--client=fetch',
      ]);
    }
    // by its file: another package has a program of the same name
    await run(process.execPath, [CODEGEN, '--input', OLDER, '--output', `${FOLDER}/codegen-3.0`]);
    expect(readdirSync(FOLDER)).toHaveLength(6);

    const { stdout } = await tool('tsc', ['--project', 'test/generated-clients/others']).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  },
  PATIENCE_MS,
);

/** Of a field, or of a type that is named after it. */
const NULL_OR_TIME = /(lock_expires_at: |LockExpiresAt = )\(?string \| null/;

test('what may be null has a type that says so', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));
  expect(files).toHaveLength(4);
  for (const file of [...files, 'codegen-3.0/models/OrderView.ts']) {
    const code = readFileSync(`${FOLDER}/${file}`, 'utf8');
    expect([file, code.match(NULL_OR_TIME)?.[0]]).toEqual([file, expect.any(String)]);
  }
});
