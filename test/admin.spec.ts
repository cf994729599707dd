import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AdminTool } from './support/admin-tool.js';
import { createTestDatabase } from './support/database.js';

/** The operator's tool as an operator runs it: JSON on stdout, errors on stderr with exit code 1. */
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let admin: AdminTool;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new AdminTool(database.url);
});
afterAll(() => database.drop());

let nextAddress = 1;
const address = () => `0x${(nextAddress++).toString(16).padStart(40, 'a')}`;
const newTaker = async () =>
  (await admin.json('taker', 'create', '--name', `T${nextAddress}`, '--address', address())).taker_id;

const NOBODY = '00000000-0000-4000-8000-000000000000';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('taker create', () => {
  test('makes a taker with its addresses, in lower case', async () => {
    const [one, other] = [address(), address()];
    const made = await admin.json(
      'taker',
      'create',
      '--name',
      'Broker & Söhne',
      '--address',
      one,
      '--address',
      `0x${other.slice(2).toUpperCase()}`,
    );
    expect(made).toEqual({
      taker_id: expect.stringMatching(UUID),
      name: 'Broker & Söhne',
      addresses: [one, other],
    });
  });

  test('refuses a name or an address that is taken, and a wrong address', async () => {
    const mine = address();
    await admin.json('taker', 'create', '--name', 'First', '--address', mine);
    expect(await admin.run('taker', 'create', '--name', 'First', '--address', address())).toEqual({
      code: 1,
      stdout: '',
      stderr: 'lockstep: name: a taker named First exists already\n',
    });
    expect(await admin.run('taker', 'create', '--name', 'Second', '--address', mine)).toMatchObject({
      code: 1,
      stderr: 'lockstep: address: one of the addresses belongs to a taker already\n',
    });
    for (const wrong of ['0x12', `0x${'aB'.repeat(20)}`]) {
      const refused = await admin.run('taker', 'create', '--name', 'Third', '--address', wrong);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/--address .* invalid\. It must be 0x and 40 hex digits/);
    }
  });
});

describe('key', () => {
  test('create shows the key and its secret once; list and revoke show neither', async () => {
    const taker = await newTaker();
    const key = await admin.json('key', 'create', '--taker', taker);
    expect(key).toEqual({
      key_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      api_key: expect.stringMatching(new RegExp(`^lk_${key.key_id}_[0-9a-f]{64}_[0-9a-f]{8}$`)),
      api_secret: expect.stringMatching(/^[0-9a-f]{64}$/),
      expires_at: null,
    });
    const entry = {
      key_id: key.key_id,
      taker_id: taker,
      taker_name: expect.stringMatching(/^T\d+$/),
      created_at: expect.any(String),
      created_by: userInfo().username,
      last_used_at: null,
      expires_at: null,
      require_signature: false,
      allow_ips: [],
      replaced_by: null,
    };
    expect(await admin.json('key', 'list')).toContainEqual({ ...entry, revoked_at: null, revoked_by: null });
    const revoked = await admin.json('key', 'revoke', '--key', key.key_id, '--operator', 'Ada');
    expect(revoked).toEqual({ ...entry, revoked_at: expect.any(String), revoked_by: 'Ada' });
    expect(await admin.json('key', 'revoke', '--key', key.key_id, '--operator', 'Bob')).toEqual(revoked); // once revoked, then it stays so
  });

  test('create --expires-in sets an end', async () => {
    const taker = await newTaker();
    const { key_id, expires_at } = await admin.json('key', 'create', '--taker', taker, '--expires-in', '30d');
    const listed = await admin.json('key', 'list');
    const { created_at } = listed.find((entry: { key_id: string }) => entry.key_id === key_id);
    const days = (Date.parse(expires_at) - Date.parse(created_at)) / 86_400_000;
    expect(days).toBeCloseTo(30, 3);
  });

  test('create --require-signature --allow-ip sets rules, which list shows', async () => {
    const rules = ['--require-signature', '--allow-ip', '203.0.113.7', '--allow-ip', '2001:DB8::/32'];
    const key = await admin.json('key', 'create', '--taker', await newTaker(), ...rules);
    expect(Object.keys(key)).toEqual(['key_id', 'api_key', 'api_secret', 'expires_at']);
    expect(await admin.json('key', 'list')).toContainEqual(
      expect.objectContaining({
        key_id: key.key_id,
        require_signature: true,
        allow_ips: ['203.0.113.7', '2001:db8::/32'],
      }),
    );
  });

  test('rotate makes a key in the place of another, once', async () => {
    const taker = await newTaker();
    const rules = ['--require-signature', '--allow-ip', '10.0.0.0/8'];
    const old = await admin.json('key', 'create', '--taker', taker, ...rules);
    const made = await admin.json('key', 'rotate', '--key', old.key_id, '--grace', '24h');
    expect(made).toEqual({
      key_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      api_key: expect.stringMatching(new RegExp(`^lk_${made.key_id}_[0-9a-f]{64}_[0-9a-f]{8}$`)),
      api_secret: expect.stringMatching(/^[0-9a-f]{64}$/),
      expires_at: null,
      replaces: { key_id: old.key_id, expires_at: expect.any(String) },
    });
    const entry = {
      taker_id: taker,
      taker_name: expect.any(String),
      created_at: expect.any(String),
      created_by: userInfo().username,
      last_used_at: null,
      revoked_at: null,
      revoked_by: null,
      require_signature: true,
      allow_ips: ['10.0.0.0/8'],
    };
    const listed: { key_id: string }[] = await admin.json('key', 'list');
    expect(listed.filter(({ key_id }) => [old.key_id, made.key_id].includes(key_id))).toEqual([
      { ...entry, key_id: old.key_id, expires_at: made.replaces.expires_at, replaced_by: made.key_id },
      { ...entry, key_id: made.key_id, expires_at: null, replaced_by: null },
    ]);
    const again = await admin.run('key', 'rotate', '--key', old.key_id, '--grace', '0s');
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr: `lockstep: key: ${old.key_id} was replaced by ${made.key_id} already\n`,
    });
  }, 60_000);

  test.each([
    [['key', 'create'], "required option '--taker <taker id>' not specified"],
    [['key', 'create', '--taker', 'x'], 'It must be a UUID'],
    [['key', 'create', '--taker', NOBODY], 'no taker has the id 00000000-'],
    [['key', 'create', '--taker', NOBODY, '--expires-in', 'soon'], 'It must be a duration such as 90s'],
    [['key', 'create', '--taker', NOBODY, '--allow-ip', '10.0.0.0/33'], 'It must be an IPv4 or IPv6 address'],
    [['key', 'revoke', '--key', 'x'], 'no key has the id x'],
    [['key', 'rotate', '--key', 'x', '--grace', '0s'], 'no key has the id x'],
    [['key', 'rotate', '--key', 'x', '--grace', '-1h'], 'It must be a duration such as 90s'],
    [['key', 'rotate', '--key', 'x'], "required option '--grace <duration>' not specified"],
    [['key', 'forget'], "unknown command 'forget'"],
    [
      ['taker', 'create', '--name', '', '--address', '0x'],
      'It must have 1 to 100 characters, all of them printable',
    ],
  ])('%j is refused: %s', async (args, message) => {
    const refused = await admin.run(...args);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(message);
  });
});

test('migrate says what it applied: nothing here, the tables are there', async () => {
  expect(await admin.json('migrate')).toEqual({ applied: [] });
});
