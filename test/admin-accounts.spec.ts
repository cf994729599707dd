import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { AdminTool } from './support/admin-tool.js';
import { lockedOrder } from './support/handshake.js';
import { startService, type TestService } from './support/service.js';

/** The operator's tool on takers, makers and lists of orders, and what it keeps of who did what. */
jest.setTimeout(120_000);

let service: TestService;
let admin: AdminTool;
beforeAll(async () => {
  service = await startService();
  admin = new AdminTool(service.databaseUrl);
});
afterAll(() => service.stop());

const address = (digits: string) => `0x${digits.repeat(20)}`;
const time = expect.any(String);
const ME = userInfo().username;

test('a taker: list, show, add-address, suspend and resume, with a history that names who did it', async () => {
  const made = await admin.json('taker', 'create', '--name', 'A broker', '--address', address('a1'));
  const taker = ['--taker', made.taker_id];
  const key = await admin.json('key', 'create', ...taker, '--operator', 'Ada');
  const rotated = await admin.json(
    'key',
    'rotate',
    '--key',
    key.key_id,
    '--grace',
    '1h',
    '--operator',
    'Ada',
  );
  await admin.json('key', 'revoke', '--key', key.key_id, '--operator', 'Bob');
  const view = {
    taker_id: made.taker_id,
    name: 'A broker',
    addresses: [address('a1'), address('a2')],
    status: 'active',
    require_certificate: false,
    created_at: time,
  };
  expect(await admin.json('taker', 'add-address', ...taker, '--address', address('A2'))).toEqual(view);
  expect(await admin.json('taker', 'suspend', ...taker, '--reason', 'Odd fills')).toEqual({
    ...view,
    status: 'suspended',
  });
  expect(await admin.json('taker', 'list')).toContainEqual({ ...view, status: 'suspended' });
  expect(await admin.json('taker', 'resume', ...taker, '--operator', 'Cleo')).toEqual(view);
  const by = (operator: string, action: string, details: object = {}) => ({
    done_at: time,
    operator,
    action,
    ...details,
  });
  const rules = { require_signature: false, allow_ips: [] };
  expect(await admin.json('taker', 'show', ...taker)).toEqual({
    ...view,
    history: [
      by(ME, 'taker create', { name: 'A broker', addresses: [address('a1')] }),
      by('Ada', 'key create', { key_id: key.key_id, expires_at: null, ...rules }),
      by('Ada', 'key rotate', { key_id: rotated.key_id, replaces: key.key_id, grace_ends_at: time }),
      by('Bob', 'key revoke', { key_id: key.key_id }),
      by(ME, 'taker add-address', { addresses: [address('a2')] }),
      by(ME, 'taker suspend', { reason: 'Odd fills' }),
      by('Cleo', 'taker resume'),
    ],
  });
  const listed: { key_id: string }[] = await admin.json('key', 'list');
  expect(listed.filter(({ key_id }) => [key.key_id, rotated.key_id].includes(key_id))).toMatchObject([
    { taker_name: 'A broker', created_by: 'Ada', revoked_by: 'Bob' },
    { taker_name: 'A broker', created_by: 'Ada', revoked_by: null },
  ]);
});

test('a maker: suspend, resume, logout and show, with a history', async () => {
  const maker = await service.newMaker();
  const wallet = ['--wallet', maker.wallet.address];
  const view = {
    wallet_address: maker.address,
    username: null,
    email: null,
    avatar_url: null,
    status: 'active',
    created_at: time,
    logged_out_at: null,
  };
  expect(await admin.json('maker', 'suspend', ...wallet, '--reason', 'Floods')).toEqual({
    ...view,
    status: 'suspended',
  });
  expect(await admin.json('maker', 'resume', ...wallet, '--operator', 'Ada')).toEqual(view);
  expect(await admin.json('maker', 'logout', ...wallet)).toEqual({ ...view, logged_out_at: time });
  expect(await admin.json('maker', 'show', ...wallet)).toEqual({
    ...view,
    logged_out_at: time,
    history: [
      { done_at: time, operator: ME, action: 'maker suspend', reason: 'Floods' },
      { done_at: time, operator: 'Ada', action: 'maker resume' },
      { done_at: time, operator: ME, action: 'maker logout' },
    ],
  });
});

test('order list --status suspended shows what waits for a person; --operator is kept in the history', async () => {
  expect(await admin.json('order', 'list', '--status', 'suspended')).toEqual({ orders: [], more: false });
  const { taker, id, hash, maker } = await lockedOrder(service);
  const pending = await maker.place();
  await admin.json('order', 'suspend', hash, '--reason', 'Price looks wrong', '--operator', 'Ada');
  await admin.json('order', 'suspend', pending.id, '--reason', 'This one too', '--operator', 'Ada');
  const first = {
    order_id: id,
    order_hash: hash,
    status: 'suspended',
    notes: 'Price looks wrong',
    maker: maker.address,
    ticker: 'AAPL',
    locked_by: taker.address,
    lock_expires_at: time,
    updated_at: time,
  };
  const listed = await admin.json('order', 'list', '--status', 'suspended');
  expect(listed).toMatchObject({ orders: [first, { order_id: pending.id, locked_by: null }], more: false });
  const limited = await admin.json('order', 'list', '--status', 'suspended', '--limit', '1');
  expect(limited).toEqual({ orders: [first], more: true });
  expect((await admin.json('order', 'show', hash)).events.at(-1).actor).toEqual({
    kind: 'operator',
    user: 'Ada',
  });
});

describe('what is not to be done is refused in one line', () => {
  test.each([
    [['taker', 'show', '--taker', '00000000-0000-4000-8000-000000000000'], 'taker: no taker has the id 0000'],
    [
      ['taker', 'suspend', '--taker', '00000000-0000-4000-8000-000000000000'],
      "'--reason <text>' not specified",
    ],
    [['maker', 'show', '--wallet', address('a3')], 'wallet: no maker has the address 0xa3a3'],
    [['maker', 'logout', '--wallet', address('a3')], 'wallet: no maker has the address 0xa3a3'],
    [['maker', 'show', '--wallet', 'me'], 'It must be 0x and 40 hex digits'],
    [['order', 'list', '--status', 'frozen'], 'It must be one of pending, locked,'],
    [
      ['taker', 'create', '--name', 'B', '--address', address('a4'), '--operator', 'A\u001b[2J'],
      'printable characters',
    ],
  ])('%j', async (args, message) => {
    const refused = await admin.refusal(...args);
    expect(refused).toContain(message);
    expect(refused).not.toContain('\u001b');
    expect(refused.trimEnd()).not.toContain('\n');
  });
});

test('nothing that others wrote speaks to the terminal, in any form of output', async () => {
  const { hash, maker } = await lockedOrder(service);
  const nasty = 'a\u001b[2J\u0007\u009b31m\u202etxt\u2066\u200b\u2028\u007f\nfaked line';
  const [{ id }] = await service.dataSource.query('SELECT id FROM takers ORDER BY created_at DESC LIMIT 1');
  await service.dataSource.query('UPDATE takers SET name = $1 WHERE id = $2', [nasty, id]);
  await service.dataSource.query('UPDATE makers SET username = $1 WHERE wallet_address = $2', [
    nasty,
    maker.address,
  ]);
  await admin.json('order', 'suspend', hash, '--reason', nasty);
  const outputs = [
    await admin.text('order', 'show', hash),
    await admin.text('order', 'show', hash, '--text'),
    await admin.text('order', 'list', '--status', 'suspended'),
    await admin.text('taker', 'list'),
    await admin.text('taker', 'show', '--taker', id),
    await admin.text('key', 'list'),
    await admin.text('maker', 'show', '--wallet', maker.address),
    (await admin.run('taker', 'create', '--name', nasty, '--address', address('a5'))).stderr,
    (await admin.run('order', 'show', nasty)).stderr,
    (await admin.run(nasty)).stderr,
  ];
  for (const output of outputs) {
    expect(output).not.toMatch(/(?!\n)[\p{C}\u2028\u2029]/u);
    expect(output).not.toMatch(/^\s*faked line/m);
  }
  expect(JSON.parse(outputs[3]!).find((taker: { taker_id: string }) => taker.taker_id === id).name).toBe(
    nasty,
  );
  expect(JSON.parse(outputs[0]!).order.notes).toBe(nasty);
});
