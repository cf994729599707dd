// What a release consists of: a software bill of materials (CycloneDX) and a list of licences, in artifacts/ or the folder given.
// "npm sbom --omit" leaves out packages that are needed but a peer of something, too. So all are asked for, and kept are those
// that the lock file says the image installs (npm ci --omit=dev --omit=optional), and those that Vite puts into the console.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUNDLED = ['preact', '@preact/signals'];
const OUTPUT_LIMIT = 64 * 1024 * 1024;

const [folder = 'artifacts'] = process.argv.slice(2);
const { name, version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
const all = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'], {
    maxBuffer: OUTPUT_LIMIT,
  }).toString(),
);

/** The references (name@version) of what the image installs. */
function installed() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(([path, entry]) => path && !entry.dev && !entry.optional && !entry.devOptional)
    .map(([path, entry]) => `${path.split('node_modules/').pop()}@${entry.version}`);
}

/** Of packages by name, and all that they depend on. */
function withDependencies(names) {
  const found = new Set(
    all.components.filter((component) => names.includes(component.name)).map((part) => part['bom-ref']),
  );
  for (const reference of found) {
    const { dependsOn } = all.dependencies.find(({ ref }) => ref === reference);
    for (const dependency of dependsOn) found.add(dependency);
  }
  return found;
}

const own = all.metadata.component['bom-ref'];
const kept = new Set([...installed(), ...withDependencies(BUNDLED)]);
const components = all.components.filter((component) => kept.has(component['bom-ref']));
const dependencies = all.dependencies
  .filter(({ ref }) => kept.has(ref) || ref === own)
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
const bill = {
  ...all,
  // npm takes the folder's name
  metadata: { ...all.metadata, component: { ...all.metadata.component, name } },
  components,
  dependencies,
};

const licencesOf = ({ licenses = [] }) =>
  licenses.map((entry) => entry.expression ?? entry.license.id ?? entry.license.name).join(', ');
const list = [
  `# Licences of ${name} ${version}`,
  '',
  `${name} itself: ${license}. The texts that packages bring are in the image, under /app/node_modules, and those of what the console`,
  'holds at /console/licences.md.',
  '',
  '| package | version | licence |',
  '| --- | --- | --- |',
  ...components.map((component) => `| ${component.name} | ${component.version} | ${licencesOf(component)} |`),
  '',
].join('\n');

mkdirSync(folder, { recursive: true });
for (const [ending, text] of [
  ['cdx.json', `${JSON.stringify(bill, null, 2)}\n`],
  ['licences.md', list],
]) {
  const file = join(folder, `${name}-${version}.${ending}`);
  writeFileSync(file, text);
  console.log(file);
}
