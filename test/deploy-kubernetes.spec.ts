import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { STOP_TIMEOUT_MS } from '#config';
import { parse } from 'yaml';
import {
  containerFile,
  expectBuilt,
  expectPinned,
  PRIVATE_PATHS,
  publicPaths,
  settingsOf,
  VERSION,
} from './support/deployment.js';
import {
  charted,
  type Container,
  hasKubernetesTools,
  kustomized,
  type Manifest,
  podTemplate,
} from './support/kubernetes.js';
import { misfitsOf } from './support/kubernetes-types.js';

/** The example overlay and the chart's example, rendered and checked as far as that goes without a cluster. */
const OVERLAY = 'deploy/kubernetes/example';
const container = containerFile();
const secret = parse(readFileSync(`${OVERLAY}/secret.yaml`, 'utf8')) as {
  metadata: { name: string };
  stringData: Record<string, string>;
};
const GIVEN_SECRETS: Record<string, string> = {
  DATABASE_URL: 'postgres://user:password@database.example:5432/lockstep?sslmode=verify-full',
  NATS_URL: 'nats://user:password@nats-1.example:4222,nats://user:password@nats-2.example:4222',
  JWT_SECRET: 'only-for-this-test-0123456789-0123456789',
  MASTER_KEY: 'only-for-this-test-9876543210-9876543210',
};

test('the base is of this version, and has every file of its folder', () => {
  const folder = 'deploy/kubernetes/base';
  const base = parse(readFileSync(`${folder}/kustomization.yaml`, 'utf8'));
  expect(base.images).toEqual([{ name: 'lockstep', newTag: VERSION }]);
  const files = readdirSync(folder).filter((file) => file !== 'kustomization.yaml');
  expect(base.resources.toSorted()).toEqual(files.toSorted());
});

test('the guide speaks of this version', () => {
  const tags = readFileSync('docs/deploying.md', 'utf8').matchAll(/lockstep:(\d[\w.-]*)/g);
  expect(new Set([...tags].map(([, tag]) => tag))).toEqual(new Set([VERSION]));
});

test('the example of the secret has what is needed, and holds none', () => {
  expect(secret.stringData).toEqual(Object.fromEntries(Object.keys(GIVEN_SECRETS).map((name) => [name, ''])));
});

function checkManifests(all: Manifest[]): void {
  const ofKind = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
  const named = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name)!;
  const withName = (manifest: Manifest) => [manifest.metadata.name, manifest] as const;
  const containerOf = (manifest: Manifest) => podTemplate(manifest).spec.containers[0];
  const deployments = ofKind('Deployment').map(withName);
  const workloads = ofKind('Deployment', 'Job', 'CronJob').map(withName);
  const own = workloads.filter(([, manifest]) => containerOf(manifest).envFrom);

  const settingsMap = ofKind('ConfigMap').find(({ data }) => data!.MIGRATIONS)!;
  const settingsOfContainer = ({ env = [] }: Container) =>
    settingsOf({
      ...container.environment,
      ...settingsMap.data,
      ...GIVEN_SECRETS,
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
    });

  test('has only what Kubernetes, the Gateway API and the Prometheus Operator know', () => {
    expect(misfitsOf(all)).toEqual([]);
  });

  test('has the API, the worker, the migration, the check and the back-up', () => {
    const names = workloads.map(([name]) => name.replace(/-\d+$/, ''));
    expect(names.toSorted()).toEqual(
      ['api', 'backup', 'migrate', 'verify', 'worker'].map((name) => `lockstep-${name}`),
    );
    expect(own).toHaveLength(4);
  });

  test.each(own)('%s starts: its program, its settings, and a migrated database', (_name, manifest) => {
    const pod = containerOf(manifest);
    expect(pod.image).toBe(`registry.example.com/lockstep:${VERSION}`);
    expectBuilt(pod.command ?? container.command);
    expect(pod.envFrom).toEqual([
      { configMapRef: { name: settingsMap.metadata.name } },
      { secretRef: { name: secret.metadata.name } },
    ]);
    const settings = settingsOfContainer(pod);
    expect(settings).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', MIGRATIONS: 'off' });
    expect(settings).toMatchObject({ EVENT_BUS: 'nats', TRUSTED_PROXIES: ['10.244.0.0/16'] });
  });

  test.each(workloads)(
    '%s may do little: not root, nothing to write to, no capability',
    (_name, manifest) => {
      const { containers, securityContext } = podTemplate(manifest).spec;
      const [pod] = containers;
      expectPinned(pod.image.replace('registry.example.com/', ''));
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(pod.resources).toMatchObject({ requests: { memory: expect.anything() }, limits: {} });
    },
  );

  test.each(deployments)(
    '%s is rolled out one after the other, and disrupted one at a time',
    (name, manifest) => {
      const { replicas, selector, strategy, template } = manifest.spec;
      expect(replicas).toBeGreaterThanOrEqual(2);
      expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      expect(named('PodDisruptionBudget', name).spec).toMatchObject({ maxUnavailable: 1, selector });
      expect(template.spec.topologySpreadConstraints[0].labelSelector).toEqual(selector);
    },
  );

  test.each(deployments)('%s has time to stop after its endpoint is withdrawn', (_name, manifest) => {
    const { spec } = podTemplate(manifest);
    const [program, seconds] = spec.containers[0].lifecycle?.preStop.exec.command ?? ['sleep', '0'];
    expect(program).toBe('sleep');
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + STOP_TIMEOUT_MS / 1000);
  });

  test.each(deployments)('%s is probed where it answers', (_name, manifest) => {
    const pod = containerOf(manifest);
    const settings = settingsOfContainer(pod);
    const served: Record<string, { port: number | undefined; paths: string[] }> = {
      http: { port: settings.PORT, paths: publicPaths() },
      metrics: { port: settings.WORKER_METRICS_PORT, paths: ['/metrics'] },
    };
    const probes = [pod.startupProbe, pod.livenessProbe, pod.readinessProbe].filter((probe) => !!probe);
    expect(probes.length).toBeGreaterThanOrEqual(2);
    for (const { httpGet } of probes) {
      const port = pod.ports!.find((candidate) => candidate.name === httpGet.port)!;
      expect(port.containerPort).toBe(served[httpGet.port]!.port);
      expect(served[httpGet.port]!.paths).toContain(httpGet.path);
    }
  });

  test('the API leaves the timers to the workers, and takes calls only while it is ready', () => {
    const pod = containerOf(named('Deployment', 'lockstep-api'));
    expect(settingsOfContainer(pod).WORKER).toBe('off');
    expect(pod.readinessProbe!.httpGet.path).toBe('/health/ready');
    expect(pod.livenessProbe.httpGet.path).toBe('/health/live');
    expect(pod.lifecycle).toBeDefined();
  });

  test('the service finds the API', () => {
    const [service] = ofKind('Service') as [Manifest];
    const api = named('Deployment', 'lockstep-api');
    expect(api.spec.template.metadata.labels).toMatchObject(service.spec.selector);
    const ports = containerOf(api).ports!.map((port) => port.name);
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort);
  });

  test('what is scraped is every pod that serves figures, where it serves them', () => {
    const { jobLabel, selector, podMetricsEndpoints } = named('PodMonitor', 'lockstep').spec;
    const jobs = deployments.map(([, manifest]) => manifest.spec.template.metadata.labels[jobLabel]);
    expect(selector.matchExpressions).toEqual([{ key: jobLabel, operator: 'In', values: jobs }]);
    for (const [, manifest] of deployments) {
      const pod = containerOf(manifest);
      const { METRICS_PORT, WORKER_METRICS_PORT } = settingsOfContainer(pod);
      const port = pod.ports!.find(({ name }) => name === podMetricsEndpoints[0].port)!;
      expect(port.containerPort).toBe(METRICS_PORT ?? WORKER_METRICS_PORT);
    }
  });

  describe('the route', () => {
    interface Rule {
      matches: { path: { type: 'Exact' | 'PathPrefix'; value: string } }[];
      timeouts?: { request: string };
      backendRefs: { name: string; port: number }[];
    }
    const route = named('HTTPRoute', 'lockstep').spec;
    const rules = route.rules as Rule[];
    const ruleFor = (path: string) =>
      rules.find(({ matches }) =>
        matches.some(
          ({ path: { type, value } }) =>
            path === value || (type === 'PathPrefix' && path.startsWith(`${value}/`)),
        ),
      );

    test('is of the gateway and the name that the example gives', () => {
      expect(route.parentRefs).toEqual([{ name: 'gateway', namespace: 'gateway' }]);
      expect(route.hostnames).toEqual(['lockstep.example.com']);
    });

    test('leads every path of the API to the service, and no other', () => {
      expect(publicPaths().filter((path) => !ruleFor(path))).toEqual([]);
      expect(PRIVATE_PATHS.filter(ruleFor)).toEqual([]);
      for (const { name, port } of rules.flatMap(({ backendRefs }) => backendRefs)) {
        expect(named('Service', name).spec.ports.map((served: { port: number }) => served.port)).toContain(
          port,
        );
      }
    });

    test('lets sockets stay open', () => {
      for (const path of ['/ws/taker/v1', '/ws/maker/v1'])
        expect(ruleFor(path)!.timeouts).toEqual({ request: '0s' });
    });
  });
}

if (hasKubernetesTools) {
  describe('the example overlay', () => checkManifests(kustomized(OVERLAY)));
  describe('the chart', () => checkManifests(charted('--values', 'deploy/helm/example.yaml')));
} else {
  console.warn('skipped: what is rendered for Kubernetes needs helm and kubectl, see docs/testing.md');
}
