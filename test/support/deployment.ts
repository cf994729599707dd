import { existsSync, readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { loadSettings, type Settings, settingsSchema } from '#config';

/** The container file as far as the files under deploy/ build on it. */
export interface ContainerFile {
  /** The instructions of all stages: a word and the rest of the line. */
  instructions: [word: string, rest: string][];
  environment: Record<string, string>;
  command: string[];
  port: number;
}

export function containerFile(): ContainerFile {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const instructions = lines
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => /^(\w+) (.+)$/.exec(line)!.slice(1) as [string, string]);
  const only = (name: string) => instructions.find(([word]) => word === name)![1];
  const variables = only('ENV')
    .split(' ')
    .map((variable) => variable.split('=') as [string, string]);
  return {
    instructions,
    environment: Object.fromEntries(variables),
    command: JSON.parse(only('CMD')) as string[],
    port: Number(only('EXPOSE')),
  };
}

const ownNames = Object.keys(settingsSchema.shape);

/** Those that an operator may give an installation: not where the kit itself serves and keeps things, and no secrets. */
const OF_THE_KIT =
  'HOST PORT DATA_DIR WORKER MIGRATIONS METRICS_PORT WORKER_METRICS_PORT DATABASE_URL NATS_URL JWT_SECRET ' +
  'MASTER_KEY SANDBOX_MAKER_KEYS SANDBOX_API_KEY SANDBOX_CERTIFICATE_KEY';
export const FREE_SETTINGS = ownNames.filter((name) => !OF_THE_KIT.split(' ').includes(name));

/** The settings with which a process starts; each variable must be one that it knows. */
export function settingsOf(environment: Record<string, unknown>): Settings {
  const values = Object.entries(environment);
  expect(values.map(([name]) => name).filter((name) => !ownNames.includes(name))).toEqual([]);
  // numbers and booleans are strings in an environment, and Kubernetes refuses what is not written as one
  expect(values.filter(([, value]) => typeof value !== 'string')).toEqual([]);
  return loadSettings(environment as Record<string, string>);
}

/** Its program is one that the build makes, and node is what gets the signals. */
export function expectBuilt(command: string[]): void {
  expect(command[0]).toBe('node');
  const program = command.find((word) => word.startsWith('dist/'))!;
  expect(existsSync(program)).toBe(true);
}

/** A tag, and one that stays with its version. */
export function expectPinned(image: string): void {
  expect(image).toMatch(/^[a-z/]+:v?\d[\w.-]*$/);
}

/** What a URL in a setting names: the host, for a list of URLs all of them. */
export const hostsIn = (urls: string): string[] => urls.split(',').map((url) => new URL(url).hostname);

/** The paths of the API, from its document, and what else is served to the outside. */
export function publicPaths(): string[] {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as { paths: Record<string, unknown> };
  const documents = [
    '/',
    '/docs',
    '/docs/swagger-ui.css',
    '/docs/errors/409003',
    '/guide',
    '/guide/push',
    '/reference/lockOrder',
    '/llms.txt',
  ];
  const files = ['/openapi.json', '/openapi-3.0.json', '/openapi.yaml', '/asyncapi.json'];
  return [...Object.keys(paths), ...documents, ...files, '/ws/taker/v1', '/ws/maker/v1'];
}

export const PRIVATE_PATHS = ['/metrics', '/apiary', '/docsets', '/openapi.json/metrics'];

/** The version that this code is, which the images are tagged with. */
export const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
