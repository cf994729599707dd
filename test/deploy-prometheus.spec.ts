import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Manifest } from './support/kubernetes.js';
import { misfitsOf } from './support/kubernetes-types.js';

/** What Prometheus is given: its configuration and the alert rules, by its own tool. */
const FOLDER = 'deploy/prometheus';
const hasPromtool = process.env.CI === 'true' || spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  console.warn('skipped: what promtool checks (Debian: apt-get install --no-install-recommends prometheus)');

(hasPromtool ? describe : describe.skip)('promtool', () => {
  const promtool = (...args: string[]) => execFileSync('promtool', args, { stdio: 'pipe' }).toString();

  test('takes the configuration and the rules', () => {
    const rules = parse(readFileSync(`${FOLDER}/alerts.yml`, 'utf8')).groups[0].rules as object[];
    const said = promtool('check', 'config', `${FOLDER}/prometheus.yml`);
    expect(said).toContain(`${FOLDER}/prometheus.yml is valid prometheus config file syntax`);
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  test('sees alerts fire when they should, and not otherwise', () => {
    expect(promtool('test', 'rules', 'test/prometheus/alerts.test.yml')).toContain('SUCCESS');
  });
});

test('the Prometheus of the compose file scrapes each process where it serves its figures', () => {
  const { services } = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true });
  const { scrape_configs } = parse(readFileSync(`${FOLDER}/prometheus.yml`, 'utf8'));
  const jobs = scrape_configs.map((job: { job_name: string; static_configs: [{ targets: string[] }] }) => [
    job.job_name,
    job.static_configs[0].targets,
  ]);
  const targets = (setting: string) =>
    Object.entries<{ environment: Record<string, string> }>(services)
      .filter(([, { environment }]) => environment?.[setting])
      .map(([name, { environment }]) => `${name}:${environment[setting]}`);
  expect(jobs).toEqual([
    ['lockstep-api', targets('METRICS_PORT')],
    ['lockstep-worker', targets('WORKER_METRICS_PORT')],
  ]);
});

test('the alert for a job without a target names the jobs that are scraped', () => {
  const rules = parse(readFileSync(`${FOLDER}/alerts.yml`, 'utf8')).groups[0].rules;
  const { expr } = rules.find(({ alert }: { alert: string }) => alert === 'LockstepNotScraped');
  const { scrape_configs } = parse(readFileSync(`${FOLDER}/prometheus.yml`, 'utf8'));
  const jobs = scrape_configs.map(({ job_name }: { job_name: string }) => `absent(up{job="${job_name}"})`);
  expect(expr).toBe(jobs.join(' or '));
});

test('the command of the guide makes a PrometheusRule of the alert rules', () => {
  const guide = readFileSync('docs/deploying.md', 'utf8');
  const [, command] = /^ +(\(printf .+?\)) \| kubectl -n lockstep apply -f -$/ms.exec(guide)!;
  const rule = parse(execFileSync('bash', ['-c', command!]).toString()) as Manifest;
  expect(rule.kind).toBe('PrometheusRule');
  expect(misfitsOf([rule])).toEqual([]);
  expect(rule.spec).toEqual(parse(readFileSync(`${FOLDER}/alerts.yml`, 'utf8')));
});
