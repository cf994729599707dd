import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parser, VectorSelector } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { askedOrder } from './support/handshake.js';
import { MetricsPage } from './support/metrics.js';
import { startService, type TestService } from './support/service.js';

/** The dashboard and the alert rules ask only for what /metrics has. */
interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
}
interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/lockstep.json', 'utf8')) as Dashboard;
const rules = parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as Rules;
const panels = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '5m') })),
);
const alerts = rules.groups.flatMap((group) =>
  group.rules.map(({ alert, expr }) => ({ title: alert, expr })),
);

/** What Prometheus makes itself, of each target, and what kube-state-metrics knows. */
const OF_OTHERS = /^(up|kube_.+)$/;

let service: TestService;
let page: MetricsPage;
beforeAll(async () => {
  service = await startService();
  await askedOrder(service);
  page = await MetricsPage.of(service.url);
});
afterAll(() => service.stop());

test('there are panels and alerts', () => {
  expect(panels.length).toBeGreaterThan(15);
  expect(alerts.length).toBeGreaterThan(10);
});

describe.each([
  ['the dashboard', panels],
  ['the alerts', alerts],
])('%s', (_, queries) => {
  test.each(queries)('$title: $expr', ({ expr }) => {
    for (const { metric, labels } of selectorsOf(expr)) {
      if (OF_OTHERS.test(metric)) continue;
      expect([...page.names]).toContain(metric);
      for (const label of labels) expect([...page.labelsOf(metric)]).toContain(label);
    }
  });
});

test('each of our own figures is on the dashboard', () => {
  const shown = panels.flatMap(({ expr }) =>
    selectorsOf(expr).map(({ metric }) => metric.replace(/_(bucket|count)$/, '')),
  );
  const own = [...page.names].filter(
    (name) => name.startsWith('lockstep_') && !/_(bucket|sum|count)$/.test(name),
  );
  for (const name of own) expect(shown).toContain(name);
});

/** The metrics that a PromQL expression selects, with the labels that it matches them by. */
function selectorsOf(expr: string): { metric: string; labels: string[] }[] {
  const found: { metric: string; labels: string[] }[] = [];
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expr}`);
      if (node.type.id !== VectorSelector) return;
      const text = expr.slice(node.from, node.to);
      const labels = [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label!);
      found.push({ metric: /^[\w:]+/.exec(text)![0], labels });
    },
  });
  expect(found).not.toEqual([]);
  return found;
}
