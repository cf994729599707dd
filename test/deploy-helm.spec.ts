import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { FREE_SETTINGS, VERSION } from './support/deployment.js';
import {
  charted,
  hasKubernetesTools,
  kustomized,
  lintChart,
  type Manifest,
  podTemplate,
} from './support/kubernetes.js';
import { misfitsOf } from './support/kubernetes-types.js';

/** The chart: what test/deploy-kubernetes.spec.ts does not see of it. */
const EXAMPLE = ['--values', 'deploy/helm/example.yaml'];

test('the chart and the image that it runs are of this version', () => {
  const { version, appVersion } = parse(readFileSync('deploy/helm/Chart.yaml', 'utf8'));
  expect([version, appVersion]).toEqual([VERSION, VERSION]);
});

test('its schema knows every setting that an operator may give, and no other', () => {
  const schema = JSON.parse(readFileSync('deploy/helm/values.schema.json', 'utf8'));
  expect(Object.keys(schema.properties.settings.properties)).toEqual(FREE_SETTINGS);
});

test('its schema knows every value that has a default, and no other', () => {
  const schema = JSON.parse(readFileSync('deploy/helm/values.schema.json', 'utf8'));
  const values = parse(readFileSync('deploy/helm/values.yaml', 'utf8'));
  // Helm's own
  const { global: _, ...known } = schema.properties;
  expect(Object.keys(known).toSorted()).toEqual(Object.keys(values).toSorted());
  for (const [name, { properties }] of Object.entries<{ properties?: object }>(known)) {
    if (!properties || name === 'settings') continue;
    expect([name, Object.keys(properties).toSorted()]).toEqual([name, Object.keys(values[name]).toSorted()]);
  }
});

(hasKubernetesTools ? describe : describe.skip)('rendered', () => {
  test('Helm finds nothing to say against it', () => {
    expect(lintChart(...EXAMPLE)).toContain('1 chart(s) linted, 0 chart(s) failed');
  });

  test('it makes what the overlay makes', () => {
    const made = comparable(charted(...EXAMPLE));
    const overlay = comparable(kustomized('deploy/kubernetes/example'));
    expect(Object.keys(made).toSorted()).toEqual(Object.keys(overlay).toSorted());
    for (const [name, manifest] of Object.entries(made)) expect(manifest).toEqual(overlay[name]);
  });

  test('what can be left out is left out', () => {
    const least = charted('--set', 'route.enabled=false');
    expect(misfitsOf(least)).toEqual([]);
    const kinds = new Set(least.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    for (const absent of ['HTTPRoute lockstep', 'PodMonitor lockstep', 'CronJob lockstep-backup'])
      expect(kinds).not.toContain(absent);
    expect(kinds).toContain('CronJob lockstep-verify');
  });

  test('a changed setting, and none else, rolls out new pods', () => {
    const api = (...more: string[]) =>
      podTemplate(
        charted(...EXAMPLE, ...more).find(
          ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'lockstep-api',
        )!,
      );
    expect(api('--set-string', 'settings.LOCK_TTL_SECONDS=1800')).not.toEqual(api());
    expect(api('--set', 'verify.schedule=0 5 * * *')).toEqual(api());
  });

  test('every value that is given arrives', () => {
    const values = `image.tag=9.9.9 secretName=other api.replicas=7 worker.replicas=6 backup.image=postgres:17
      backup.keepDays=5 backup.storage=3Gi backup.storageClassName=slow imagePullSecrets[0].name=pull
      podMonitor.labels.release=prom`.split(/\s+/);
    const made = charted(...EXAMPLE, ...values.flatMap((value) => ['--set', value]));
    expect(misfitsOf(made)).toEqual([]);
    const text = JSON.stringify(made);
    const parts =
      'lockstep:9.9.9 "name":"other" "replicas":7 "replicas":6 postgres:17 "value":"5" 3Gi ' +
      '"storageClassName":"slow" "imagePullSecrets":[{"name":"pull"}] "release":"prom"';
    for (const part of parts.split(' ')) expect(text).toContain(part);
    expect(text).not.toContain(`lockstep:${VERSION}`);
    expect(text).not.toContain('secretRef":{"name":"lockstep"');
    expect(text).not.toContain('"secretKeyRef":{"name":"lockstep"');
  });

  test("OpenTelemetry's own settings, which its SDK reads, are taken as they are", () => {
    const made = charted(...EXAMPLE, '--set-string', 'settings.OTEL_BSP_MAX_QUEUE_SIZE=4096');
    expect(JSON.stringify(made)).toContain('"OTEL_BSP_MAX_QUEUE_SIZE":"4096"');
  });

  test.each([
    ['a setting that is none', ['--set-string', 'settings.LOCK_TTL=1'], /settings': additional.*'LOCK_TTL'/],
    ['a setting of the chart itself', ['--set-string', 'settings.PORT=80'], /settings': additional.*'PORT'/],
    ['a number', ['--set', 'settings.LOCK_TTL_SECONDS=1800'], /LOCK_TTL_SECONDS': got number, want string/],
    ['a value that is none', ['--set', 'api.replica=3'], /api': additional.*'replica'/],
    ['no name', ['--set', 'route.hostnames=null'], /route/],
    ['no gateway', ['--set-json', 'route.parentRefs=[]'], /route\/parentRefs': minItems/],
  ])('it refuses %s, and says where', (_, more, complaint) => {
    expect(() => charted(...EXAMPLE, ...more)).toThrow(complaint);
  });
});

/** By kind and name, without what the two ways differ in: a namespace, and how a change makes a new name. */
function comparable(manifests: Manifest[]): Record<string, Manifest> {
  const withoutHash = /(lockstep(?:-backup)?)-[a-z0-9]{10}(?=")/g;
  const withoutRevision = /(lockstep-migrate)-\d+(?=")/g;
  const text = JSON.stringify(
    manifests.filter(({ kind }) => kind !== 'Namespace'),
    (key, value) => (key === 'namespace' && value === 'lockstep' ? undefined : value),
  );
  const plain = JSON.parse(
    text.replaceAll(withoutHash, '$1').replaceAll(withoutRevision, '$1'),
  ) as Manifest[];
  for (const { spec, data } of plain) {
    delete spec?.template?.metadata.annotations;
    if (data?.['backup.sh']) data['backup.sh'] = data['backup.sh'].trim();
  }
  return Object.fromEntries(
    plain.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest]),
  );
}
