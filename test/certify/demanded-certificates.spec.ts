import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type Certificate,
  issuerOf,
  RULE_NAMES,
  type RuleName,
  type RuleVerdict,
  signed,
  type Statement,
} from '#certificates';
import { keptSecret } from '#config';
import { AdminTool } from '../support/admin-tool.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** An operator demands a certificate of a taker, and sees through those that are none. */
const SECRET = '5d'.repeat(32);
const DAY_MS = 24 * 3_600_000;

/** Those of a whole run; what is not named passed. */
const rules = (others: Partial<Record<RuleName, RuleVerdict>> = {}): Statement['rules'] =>
  RULE_NAMES.map((name) => ({ name, verdict: others[name] ?? 'pass' }));
/** Of a correct bot that always says yes, on one socket. */
const ONE_SOCKET = rules({
  'no-yes-after-fill': 'not shown',
  'unlock-then-yes': 'not shown',
  'two-sockets': 'not shown',
});
const statement = (changes: Partial<Statement> = {}): Statement => ({
  version: 1,
  taker: '',
  report_sha256: '5e'.repeat(32),
  verdict: 'pass',
  rules: ONE_SOCKET,
  confirmed_orders: 60,
  signed_at: new Date().toISOString(),
  ...changes,
});
let address: string;
let create: string[];
let folder: string;
let database: TestDatabase;
let admin: AdminTool;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-certificates-'));
  database = await createTestDatabase();
  admin = new AdminTool(database.url, { CERTIFICATE_ISSUERS: issuerOf(SECRET) });
  address = `0x${Date.now().toString(16).padStart(40, '0')}`;
  const made = await admin.json(
    'taker',
    'create',
    '--name',
    'certified',
    '--address',
    address,
    '--require-certificate',
  );
  create = ['key', 'create', '--taker', made.taker_id];
  expect((await admin.json('taker', 'list')).at(-1)).toMatchObject({
    name: 'certified',
    require_certificate: true,
  });
});

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const file = (text: string): string => {
  const path = join(folder, 'certificate.json');
  writeFileSync(path, text);
  return path;
};
const of = (changes: Partial<Statement> = {}, key = SECRET) =>
  JSON.stringify(signed(statement({ taker: address, ...changes }), key));

test('a good one gives a key, and the history keeps which', async () => {
  const made = await admin.json(...create, '--certificate', file(of()));
  expect(made.api_key).toMatch(/^lk_/);
  const { history } = await admin.json('taker', 'show', '--taker', create[3]!);
  expect(history[0]).toMatchObject({ action: 'taker create', require_certificate: true });
  expect(history[1]).toMatchObject({ action: 'key create', certificate: { issuer: issuerOf(SECRET) } });
});

test('one of the sandbox beside the service is good too, by the key under DATA_DIR', async () => {
  const beside = new AdminTool(database.url, { SANDBOX: 'on', DATA_DIR: folder });
  const kept = file(of({}, keptSecret(folder, 'certificate-key')));
  expect((await beside.json(...create, '--certificate', kept)).api_key).toMatch(/^lk_/);
  expect(await admin.refusal(...create, '--certificate', kept)).toContain('none of CERTIFICATE_ISSUERS');
});

test('without one there is none', async () => {
  expect(await admin.refusal(...create)).toBe(
    'lockstep: certificate: it must be given: the taker gets keys only with one\n',
  );
});

const other = issuerOf('77'.repeat(32));
const days = (count: number) => new Date(Date.now() - count * DAY_MS).toISOString();
test.each<[string, () => string, string]>([
  [
    'of another taker',
    () => of({ taker: `0x${'7a'.repeat(20)}` }),
    `is of 0x${'7a'.repeat(20)}, which is no address`,
  ],
  [
    'of an unknown issuer',
    () => of({}, '77'.repeat(32)),
    `was issued by ${other}, which is none of CERTIFICATE_ISSUERS`,
  ],
  [
    'that was changed',
    () => of({ verdict: 'fail' }).replace('"verdict":"fail"', '"verdict":"pass"'),
    'is not as its issuer signed it',
  ],
  [
    'with the issuer of another',
    () => of({}, '77'.repeat(32)).replace(other, issuerOf(SECRET)),
    'is not as its issuer signed it',
  ],
  [
    'of a bot that failed',
    () => of({ verdict: 'fail', rules: rules({ resync: 'fail' }) }),
    'has the verdict fail: the bot breaks resync',
  ],
  [
    'that shows too little',
    () => of({ verdict: 'incomplete', rules: rules({ resync: 'not shown', 'many-at-once': 'not shown' }) }),
    'is incomplete: the bot has not shown resync, many-at-once',
  ],
  [
    'of some rules',
    () => of({ rules: rules().slice(1) }),
    'has not the rules of this version: they lack answers-each-request',
  ],
  [
    'of rules that are none',
    () => of({ rules: [...rules().slice(1), { name: 'answers-once', verdict: 'pass' }] }),
    'has not the rules of this version: they name answers-once, which is none',
  ],
  [
    'with a rule twice',
    () => of({ rules: [...rules(), ...rules().slice(1, 2)] }),
    'has not the rules of this version: they name one twice',
  ],
  ['of few orders', () => of({ confirmed_orders: 1 }), 'confirms 1 orders'],
  ['that is old', () => of({ signed_at: days(31) }), 'which is more than 30 days ago'],
  ['of tomorrow', () => of({ signed_at: days(-1) }), 'which is in the future'],
  ['that is no JSON', () => 'yes', 'is not JSON'],
  ['that is none', () => '[]', 'is not of the form of a certificate'],
  ['with more than is signed', () => of().replace('{', '{"more":1,'), 'is not of the form of a certificate'],
  ['with a key that is none', () => of().replace(issuerOf(SECRET), 'zz'), 'issuer is wrong'],
])('one %s is refused', async (_, text, sentence) => {
  const said = await admin.refusal(...create, '--certificate', file(text()));
  expect(said).toMatch(/^lockstep: certificate: it [^\n]*\n$/);
  expect(said).toContain(sentence);
});

test('names in another order and blanks are the same certificate', async () => {
  const reversed = Object.fromEntries(Object.entries(JSON.parse(of())).toReversed());
  await admin.json(...create, '--certificate', file(JSON.stringify(reversed, null, 2)));
});

test('the signature is over the bytes that docs/certificates.md describes, by its own Python', () => {
  const [, lines] = /in Python:\n\n((?: {4}.*\n)+)/.exec(readFileSync('docs/certificates.md', 'utf8'))!;
  const [unsigned, bytes] = lines!.trim().split(/\n\s*/);
  const program = `import json, sys\ncertificate = json.load(sys.stdin)\n${unsigned}\nsys.stdout.buffer.write(${bytes})`;
  const certificate = of();
  const { issuer, signature } = JSON.parse(certificate) as Certificate;
  const said = execFileSync('python3', ['-c', program], { input: certificate });
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(issuer, 'hex').toString('base64url') },
    format: 'jwk',
  });
  expect(verify(null, said, key, Buffer.from(signature, 'hex'))).toBe(true);
});

test.each([
  ['that is not there', '/nowhere', 'The file cannot be read (ENOENT).'],
  ['that does not end', '/dev/zero', 'The file is larger than 1 MiB.'],
])('a file %s', async (_, path, what) => {
  const { code, stderr } = await admin.run(...create, '--certificate', path);
  expect([code, stderr]).toEqual([1, expect.stringContaining(what)]);
});
