import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { STOP_TIMEOUT_MS } from '#config';
import { parse, parseAllDocuments } from 'yaml';
import {
  containerFile,
  expectBuilt,
  PRIVATE_PATHS,
  publicPaths,
  settingsOf,
  VERSION,
} from './support/deployment.js';

/** The manifests, as far as they can be checked without a cluster. */
const FOLDER = 'deploy/kubernetes';
interface Probe {
  httpGet: { path: string; port: string };
}
interface Container {
  image: string;
  command?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: { name: string; value: string }[];
  envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  resources: { requests: object; limits: object };
  securityContext: object;
}
interface PodSpec {
  containers: [Container];
  terminationGracePeriodSeconds: number;
  securityContext: object;
}
interface Manifest {
  kind: string;
  metadata: { name: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind has its own
  spec: any;
  stringData?: Record<string, string>;
}
interface Kustomization {
  resources: string[];
  images: { name: string; newTag: string }[];
  configMapGenerator: { name: string; literals: string[] }[];
}

const read = (file: string) =>
  parseAllDocuments(readFileSync(`${FOLDER}/${file}`, 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
const kustomization = parse(readFileSync(`${FOLDER}/kustomization.yaml`, 'utf8')) as Kustomization;
const manifests = kustomization.resources.flatMap(read);
const [secret] = read('secret.example.yaml') as [Manifest];
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const named = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name)!;

const container = containerFile();
const literals = Object.fromEntries(
  kustomization.configMapGenerator[0]!.literals.map((literal) => literal.split('=') as [string, string]),
);
const GIVEN_SECRETS = {
  DATABASE_URL: 'postgres://user:password@database.example:5432/lockstep?sslmode=verify-full',
  NATS_URL: 'nats://user:password@nats-1.example:4222,nats://user:password@nats-2.example:4222',
  JWT_SECRET: 'only-for-this-test-0123456789-0123456789',
  MASTER_KEY: 'only-for-this-test-9876543210-9876543210',
};

const podSpec = ({ spec }: Manifest) => spec.template.spec as PodSpec;
const settingsOfPod = ({ env = [] }: Container) =>
  settingsOf({
    ...container.environment,
    ...literals,
    ...Object.fromEntries(Object.keys(secret.stringData!).map((name) => [name, given(name)])),
    ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
  });
const given = (name: string) => (GIVEN_SECRETS as Record<string, string>)[name];

test('the kustomization has every file but the example, and tags the image with the version', () => {
  const files = readdirSync(FOLDER).filter(
    (file) => !['kustomization.yaml', 'secret.example.yaml'].includes(file),
  );
  expect(kustomization.resources.toSorted()).toEqual(files.toSorted());
  expect(kustomization.images).toEqual([{ name: 'lockstep', newTag: VERSION }]);
});

test('the example of the secret holds none', () => {
  expect(Object.values(secret.stringData!).filter((value) => value !== '')).toEqual([]);
});

const workloads = [...ofKind('Deployment'), ...ofKind('Job')].map(
  (manifest) => [manifest.metadata.name, manifest] as const,
);
test('there are the API, the worker and the migration', () => {
  expect(workloads.map(([name]) => name)).toEqual(['lockstep-api', 'lockstep-worker', 'lockstep-migrate']);
});

describe.each(workloads)('%s', (_, manifest) => {
  const spec = podSpec(manifest);
  const [pod] = spec.containers;

  test('starts: its program, its settings, and a migrated database', () => {
    expect(pod.image).toBe('lockstep');
    expectBuilt(pod.command ?? container.command);
    expect(pod.envFrom).toEqual([
      { configMapRef: { name: kustomization.configMapGenerator[0]!.name } },
      { secretRef: { name: secret.metadata.name } },
    ]);
    const settings = settingsOfPod(pod);
    expect(settings).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', MIGRATIONS: 'off' });
  });

  test('may do little: not root, nothing to write to, no capability', () => {
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.resources).toMatchObject({ requests: { memory: expect.anything() }, limits: {} });
  });
});

describe.each(ofKind('Deployment').map((manifest) => [manifest.metadata.name, manifest] as const))(
  '%s',
  (name, manifest) => {
    const spec = podSpec(manifest);
    const [pod] = spec.containers;

    test('is rolled out one after the other, and disrupted one at a time', () => {
      const { replicas, selector, strategy, template } = manifest.spec;
      expect(replicas).toBeGreaterThanOrEqual(2);
      expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      expect(named('PodDisruptionBudget', name).spec).toMatchObject({ maxUnavailable: 1, selector });
      expect(template.spec.topologySpreadConstraints[0].labelSelector).toEqual(selector);
    });

    test('has time to stop after its endpoint is withdrawn', () => {
      const [program, seconds] = pod.lifecycle?.preStop.exec.command ?? ['sleep', '0'];
      expect(program).toBe('sleep');
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + STOP_TIMEOUT_MS / 1000);
    });

    test('is probed where it answers', () => {
      const settings = settingsOfPod(pod);
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
  },
);

test('the API leaves the timers to the workers, and takes calls only while it is ready', () => {
  const [pod] = podSpec(named('Deployment', 'lockstep-api')).containers;
  expect(settingsOfPod(pod).WORKER).toBe('off');
  expect(pod.readinessProbe!.httpGet.path).toBe('/health/ready');
  expect(pod.livenessProbe.httpGet.path).toBe('/health/live');
  expect(pod.lifecycle).toBeDefined();
});

test('the service finds the API', () => {
  const [service] = ofKind('Service') as [Manifest];
  const api = named('Deployment', 'lockstep-api');
  expect(api.spec.template.metadata.labels).toMatchObject(service.spec.selector);
  const ports = podSpec(api).containers[0].ports!.map((port) => port.name);
  for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort);
});

describe('the route', () => {
  interface Rule {
    matches: { path: { type: 'Exact' | 'PathPrefix'; value: string } }[];
    timeouts?: { request: string };
    backendRefs: { name: string; port: number }[];
  }
  const [route] = ofKind('HTTPRoute') as [Manifest];
  const rules = route.spec.rules as Rule[];
  const ruleFor = (path: string) =>
    rules.find(({ matches }) =>
      matches.some(
        ({ path: { type, value } }) =>
          path === value || (type === 'PathPrefix' && path.startsWith(`${value}/`)),
      ),
    );

  test('leads every path of the API to the service, and no other', () => {
    expect(publicPaths().filter((path) => !ruleFor(path))).toEqual([]);
    expect(PRIVATE_PATHS.filter(ruleFor)).toEqual([]);
    for (const { name, port } of rules.flatMap(({ backendRefs }) => backendRefs)) {
      expect(named('Service', name).spec.ports.map((own: { port: number }) => own.port)).toContain(port);
    }
  });

  test('lets sockets stay open', () => {
    for (const path of ['/ws/taker/v1', '/ws/maker/v1'])
      expect(ruleFor(path)!.timeouts).toEqual({ request: '0s' });
  });
});
