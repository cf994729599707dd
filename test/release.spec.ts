import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** A release has one number, wherever it is written. */
const [, newest] = /^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$/m.exec(readFileSync('CHANGELOG.md', 'utf8'))!;

test.each([
  ['package.json', /"version": "(.+)"/],
  ['libs/client/package.json', /"version": "(.+)"/],
  ['libs/cli/package.json', /"version": "(.+)"/],
  ['clients/python/pyproject.toml', /^version = "(.+)"/m],
  ['deploy/compose.yaml', /LOCKSTEP_IMAGE:-lockstep:(.+)\}/],
  ['deploy/kubernetes/base/kustomization.yaml', /newTag: (.+)/],
  ['deploy/helm/Chart.yaml', /^version: (.+)/m],
  ['deploy/helm/Chart.yaml', /^appVersion: (.+)/m],
])('%s names the newest release', (path, pattern) => {
  expect(pattern.exec(readFileSync(path, 'utf8'))![1]).toBe(newest);
});
