import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { STOP_TIMEOUT_MS, withinRanges } from '#config';
import { parse } from 'yaml';
import { guidePages } from '../src/guide/pages.js';
import {
  containerFile,
  expectBuilt,
  expectPinned,
  hostsIn,
  FREE_SETTINGS,
  PRIVATE_PATHS,
  publicPaths,
  settingsOf,
  VERSION,
} from './support/deployment.js';
import { shippedConfig } from './support/proxy.js';

/** The container file and the compose file, as far as they can be checked without a container engine. */
interface Service {
  image: string;
  build?: string;
  command?: string[];
  env_file?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  networks: string[] | Record<string, { ipv4_address?: string }>;
  volumes?: string[];
  ports?: string[];
  stop_grace_period?: string;
  read_only?: boolean;
  profiles?: string[];
}
interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean; ipam?: { config: { subnet: string; gateway: string }[] } }>;
  volumes: Record<string, unknown>;
}

/** Of the specification's keys those that are used; one more is to be looked up there first. */
const SERVICE_KEYS =
  'image build command env_file environment depends_on healthcheck networks volumes ports restart ' +
  'stop_grace_period read_only cap_drop security_opt shm_size init tmpfs profiles';
const HEALTH_CHECK_KEYS = 'test interval timeout retries start_period start_interval';
const strayKeys = (part: object, known: string) =>
  Object.keys(part).filter((key) => !key.startsWith('x-') && !known.split(' ').includes(key));

const container = containerFile();
const text = readFileSync('deploy/compose.yaml', 'utf8');
const SECRET = 'only-for-this-test-0123456789-0123456789';
/** The variables that the file takes from .env: a name, and its default or that it must be there. */
const VARIABLE = /\$\{([A-Z_]+):(-|\?)([^}]*)\}/g;
const interpolated = text
  .replaceAll(VARIABLE, (_, _name, kind, value) => (kind === '?' ? SECRET : value))
  .replaceAll('$$', '$');
const compose = parse(interpolated, { merge: true }) as Compose;
const proxyConfig = shippedConfig();
const SECRETS = new Set(['POSTGRES_PASSWORD', 'NATS_PASSWORD', 'JWT_SECRET', 'MASTER_KEY']);
const example = readFileSync('deploy/.env.example', 'utf8');

const services = Object.entries(compose.services);
const own = services.filter(([, { build }]) => build);
const apis = own.filter(([, { command }]) => !command);
const serving = own.filter(([, { ports }]) => ports);
const networksOf = ({ networks }: Service) => (Array.isArray(networks) ? networks : Object.keys(networks));
const addressOf = ({ networks }: Service) => (networks as Record<string, { ipv4_address: string }>).outside;
const settingsOfService = ({ environment }: Service) =>
  settingsOf({ ...container.environment, ...environment });

describe('the container file', () => {
  const rests = (name: string) =>
    container.instructions.filter(([word]) => word === name).map(([, rest]) => rest);

  test('starts from pinned images of the recommended Node, and does not end as root', () => {
    const recommended = readFileSync('.nvmrc', 'utf8').trim();
    for (const from of rests('FROM')) {
      const [image] = from.split(' ') as [string];
      expectPinned(image);
      expect(image).toMatch(new RegExp(`^node:${recommended}\\b`));
    }
    expect(rests('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  test('runs a program of the build, as node itself', () => expectBuilt(container.command));

  test('copies what is there, is not kept from it, and is all that the build reads', () => {
    const copied = rests('COPY')
      .filter((rest) => !rest.startsWith('--from'))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    const letThrough = readFileSync('.dockerignore', 'utf8').split('\n');
    for (const path of copied) {
      expect(existsSync(path)).toBe(true);
      expect(letThrough).toContain(`!${path}`);
    }
    const { include } = JSON.parse(readFileSync('tsconfig.build.json', 'utf8')) as { include: string[] };
    // what is built to look at the service, and is no part of it
    const beside = ['bench', 'test/model/exhaustive/main.ts'];
    expect(include.filter((path) => !copied.includes(path))).toEqual(beside);
  });

  test('has every page of the guide', () => {
    const last = container.instructions.slice(
      container.instructions.findLastIndex(([word]) => word === 'FROM'),
    );
    const copied = last
      .filter(([word]) => word === 'COPY')
      .flatMap(([, rest]) =>
        rest
          .replace(/^--from=\S+ /, '')
          .split(' ')
          .slice(0, -1),
      )
      .map((path) => path.replace('/app/', ''));
    const isCopied = (file: string) => copied.some((path) => file === path || file.startsWith(`${path}/`));
    expect(guidePages().filter(({ file }) => !isCopied(file))).toEqual([]);
  });
});

describe('the compose file', () => {
  test('has no key that the Compose Specification does not know', () => {
    expect(strayKeys(compose, 'name services networks volumes')).toEqual([]);
    for (const [, service] of services) {
      expect(strayKeys(service, SERVICE_KEYS)).toEqual([]);
      expect(strayKeys(service.healthcheck!, HEALTH_CHECK_KEYS)).toEqual([]);
    }
  });

  test('takes every secret from outside, and has a default for none', () => {
    const secrets = [...text.matchAll(VARIABLE)].filter(([, , kind]) => kind === '?');
    const names = new Set(secrets.map(([, name]) => name));
    expect(names).toEqual(SECRETS);
    for (const [, service] of own) {
      for (const [name, value] of Object.entries(service.environment!)) {
        if (/SECRET|KEY|URL/.test(name)) expect(value).toContain(SECRET);
      }
    }
  });

  test('takes what differs between installations from .env, and the example has all of it', () => {
    const variables = [...text.matchAll(VARIABLE)].map(([, name, kind, value]) =>
      kind === '?' ? `${name}=` : `#${name}=${value}`,
    );
    expect(text.replaceAll(VARIABLE, '').replaceAll('$$', '')).not.toContain('$');
    const lines = example.split('\n').filter((line) => /^#?[A-Z_]+=/.test(line));
    expect(lines.toSorted()).toEqual([...new Set([...variables, '#COMPOSE_PROFILES=monitoring'])].toSorted());
    expect(services.flatMap(([, { profiles = [] }]) => profiles)).toEqual(['monitoring']);
  });

  test('passes every setting on from .env, but those that it sets itself, which the example names', () => {
    for (const [, service] of own) expect(service.env_file).toEqual(['.env']);
    const set = new Set(own.flatMap(([, { environment }]) => Object.keys(environment!)));
    const listed = /but ([A-Z_, a-z#\n]+), which compose/.exec(example)![1]!.match(/[A-Z_]{4,}/g)!;
    expect(listed.toSorted()).toEqual([...set].filter((name) => !SECRETS.has(name)).toSorted());
    expect(FREE_SETTINGS.filter((name) => set.has(name))).toEqual(['EVENT_BUS', 'TRUSTED_PROXIES']);
  });

  test('has two API instances, which leave the timers to the worker', () => {
    expect(apis).toHaveLength(2);
    for (const [, api] of apis) expect(settingsOfService(api).WORKER).toBe('off');
    expect(serving.map(([name]) => name)).toEqual(['api-1', 'api-2', 'worker']);
  });

  test.each(own)('%s is of this version, may do little, and has time to stop', (_, service) => {
    expect(service.image).toBe(`lockstep:${VERSION}`);
    expect(service.read_only).toBe(true);
    expect(Number.parseInt(service.stop_grace_period!) * 1000).toBeGreaterThan(STOP_TIMEOUT_MS);
  });

  test.each(serving)('%s starts: its program and its settings', (_, service) => {
    expectBuilt(service.command ?? container.command);
    const settings = settingsOfService(service);
    expect(settings).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', MIGRATIONS: 'on' });
    const port = service.command ? settings.WORKER_METRICS_PORT : settings.PORT;
    expect(service.healthcheck!.test.join(' ')).toContain(`http://127.0.0.1:${port}/`);
  });

  test.each(own)('%s reaches what its URLs name, and waits for its database', (_, service) => {
    const urls = Object.values(service.environment!).filter((value) => value.includes('://'));
    expect(urls).not.toEqual([]);
    for (const host of urls.flatMap(hostsIn)) {
      expect(service.depends_on).toHaveProperty([host]);
      expect(networksOf(service)).toEqual(expect.arrayContaining(networksOf(compose.services[host]!)));
    }
    expect(service.depends_on!.postgres!.condition).toBe('service_healthy');
  });

  test.each(['admin', 'verify', 'lockstep'])('the image has %s as a command', (tool) => {
    expect(container.instructions).toContainEqual(['COPY', 'deploy/bin /usr/local/bin']);
    const script = readFileSync(`deploy/bin/${tool}`, 'utf8').replaceAll('/app/', './');
    const help = execFileSync('sh', ['-c', script, tool, '--help']).toString();
    expect(help).toMatch(new RegExp(`^Usage: ${tool} `));
    expect(statSync(`deploy/bin/${tool}`).mode & 0o111).toBe(0o111);
  });

  test.each(services)('what %s names is there', (_, service) => {
    expectPinned(service.image);
    expect(service.healthcheck!.test[0]).toBe('CMD');
    for (const network of networksOf(service)) expect(compose.networks).toHaveProperty([network]);
    for (const other of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(other);
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':') as [string];
      // what can be written is made by Docker
      if (source.startsWith('.'))
        expect(existsSync(`deploy/${source}`) || !volume.endsWith(':ro')).toBe(true);
      else expect(compose.volumes).toHaveProperty(source);
    }
  });

  test('is reached on this machine only, and by the proxy alone but for the figures', () => {
    const open = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(open).toEqual([
      'api-1 127.0.0.1:9464:9464',
      'api-2 127.0.0.1:9465:9464',
      'worker 127.0.0.1:9466:9464',
      'proxy 127.0.0.1:8080:8080',
      'prometheus 127.0.0.1:9090:9090',
    ]);
    for (const [, service] of serving) {
      const { METRICS_PORT, WORKER_METRICS_PORT } = settingsOfService(service);
      expect(METRICS_PORT ?? WORKER_METRICS_PORT).toBe(9464);
    }
    expect(proxyConfig).toContain('listen 8080;');
    expect(compose.networks.inside!.internal).toBe(true);
  });

  test('the image of nginx writes the network into the configuration', () => {
    const { environment, volumes } = compose.services.proxy!;
    expect(volumes).toEqual(['./nginx/nginx.conf:/etc/nginx/templates/nginx.conf.template:ro']);
    expect(environment!.NGINX_ENVSUBST_OUTPUT_DIR).toBe('/etc/nginx');
    const written = new RegExp(environment!.NGINX_ENVSUBST_FILTER!);
    expect(Object.keys(environment!).filter((name) => written.test(name))).toEqual(['LOCKSTEP_NETWORK']);
    expect(proxyConfig).toContain(`set_real_ip_from ${environment!.LOCKSTEP_NETWORK}.1;`);
  });

  test('whatever has a fixed address is within the network, and has it alone', () => {
    const [{ subnet, gateway }] = compose.networks.outside!.ipam!.config as [
      { subnet: string; gateway: string },
    ];
    const inside = services.filter(([, service]) => networksOf(service).includes('outside'));
    const addresses = [gateway, ...inside.map(([, service]) => addressOf(service)!.ipv4_address)];
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses.filter((address) => !withinRanges([subnet])(address!))).toEqual([]);
  });

  test('the proxy passes to both instances, and they believe it and the gateway, nobody else', () => {
    const [{ gateway }] = compose.networks.outside!.ipam!.config as [{ subnet: string; gateway: string }];
    const proxy = addressOf(compose.services.proxy!)!.ipv4_address;
    const instances = apis.map(([, api]) => addressOf(api)!.ipv4_address);
    const upstream = [...proxyConfig.matchAll(/server ([\d.]+:\d+)/g)].map(([, address]) => address);
    expect(upstream).toEqual(instances.map((address) => `${address}:${container.port}`));
    for (const [, api] of apis) {
      const { PORT, TRUSTED_PROXIES } = settingsOfService(api);
      expect(PORT).toBe(container.port);
      expect(TRUSTED_PROXIES.toSorted()).toEqual([gateway, proxy].toSorted());
    }
  });

  test('the proxy lets through every path of the API, and no other', () => {
    const locations = [...proxyConfig.matchAll(/location ~ (\S+) \{/g)].map(([, path]) => new RegExp(path!));
    const isLetThrough = (path: string) => locations.some((location) => location.test(path));
    expect(publicPaths().filter((path) => !isLetThrough(path))).toEqual([]);
    expect(PRIVATE_PATHS.filter((path) => isLetThrough(path))).toEqual([]);
  });
});
