import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keptSecret } from './kept-secrets.js';
import { LaunchError } from './process-lifecycle.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

test('a secret is made once, for its owner alone, and nothing else is left', () => {
  const secret = keptSecret(dataDir, 'jwt-secret');
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(keptSecret(dataDir, 'jwt-secret')).toBe(secret);
  expect(readdirSync(dataDir)).toEqual(['jwt-secret']);
  expect(statSync(join(dataDir, 'jwt-secret')).mode & 0o077).toBe(0);
});

test.each([
  ['empty', ''],
  ['cut short', 'ab'.repeat(16)],
  ['of zeros on the disk', '\0'.repeat(64)],
  ['another text', 'junk\n'],
])('a file that is damaged is refused by its name: %s', (_, content) => {
  const file = join(dataDir, 'master-key');
  writeFileSync(file, content);
  const line = `${file} must have 64 hex digits and nothing else: restore it from a backup`;
  expect(() => keptSecret(dataDir, 'master-key')).toThrow(new LaunchError(line));
});
