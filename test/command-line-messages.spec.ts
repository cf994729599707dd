import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { as, lockstep, RunningCommand } from './support/command-line.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { startService, type TestService } from './support/service.js';
import { TroubledProxy } from './support/troubled-proxy.js';

/** `lockstep listen` and `replay` against a running service. */
let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('listen', () => {
  test('shows changes and requests as they come, a line each, and ends with Ctrl-C', async () => {
    const listening = new RunningCommand(['listen', ...as(taker)]);
    await listening.hear('connected; Ctrl-C ends it');
    const { hash } = await askedOrder(service, { taker });
    await listening.hear('may it be cancelled');
    expect(await listening.interrupt()).toBe(0);
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
    const lines = [
      `${time}\\.\\d{3}Z  new → pending           ${hash}`,
      `${time}\\.\\d{3}Z  pending → locked        ${hash}  until ${time}Z`,
      `${time}\\.\\d{3}Z  may it be cancelled\\?    ${hash}  "user_requested", answer by ${time}Z`,
    ];
    expect(listening.stdout).toMatch(new RegExp(`^${lines.join('\n')}\n$`));
    expect(listening.stderr).toMatch(/\nlockstep: go on with --after [0-9a-f]{32}\n$/);
    // it has answered nothing
    expect((await taker.library().order(hash)).cancellation).toMatchObject({ status: 'requested' });
    succeeded(await taker.answer(hash, true), 200);
  });

  test('--json has each message as it was pushed, --after what came since, --types others', async () => {
    const order = await lockedOrder(service, { taker });
    const { events } = await taker.library().history(order.hash);
    const [placed, { id, type, timestamp, data }] = events as [(typeof events)[0], (typeof events)[0]];
    const args = ['--json', '--after', placed.id, '--types', 'order_status_change,order_book_change'];
    const listening = new RunningCommand(['listen', ...as(taker), ...args]);
    await listening.hear(id);
    await listening.hear('order_book_change');
    expect(await listening.interrupt()).toBe(0);
    expect(jsonLines(listening.stdout)).toContainEqual({ id, type, timestamp, data });
  });

  test('a lost connection is made anew, and misses nothing', async () => {
    const proxy = await TroubledProxy.before(service.url);
    const listening = new RunningCommand(['listen', ...as(taker, proxy.url)]);
    await listening.hear('connected');
    const first = await (await service.newMaker()).place();
    await listening.hear(first.order_hash);
    proxy.dropSockets();
    const second = await (await service.newMaker()).place();
    await listening.hear(second.order_hash);
    expect(await listening.interrupt()).toBe(0);
    expect(listening.stderr).toMatch(/lockstep: the socket closed: 1006; connecting again\n/);
    await proxy.stop();
  });

  test('a refused key ends it with one sentence', async () => {
    const { code, stdout, stderr } = await lockstep([
      'listen',
      '--url',
      service.url,
      '--api-key',
      'lk_wrong',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'lockstep: API key not found (10010009): X-API-Key is not a known API key, or it was revoked; check LOCKSTEP_API_KEY\n',
    );
  });

  test('a key that is revoked meanwhile ends it, with the reason', async () => {
    const own = await service.newTaker();
    const listening = new RunningCommand(['listen', ...as(own)]);
    await listening.hear('connected');
    await new ApiKeysService(service.dataSource, service.settings).revoke(own.keyId, 'tester');
    expect(await listening.ended).toBe(1);
    const lines = listening.stderr.trimEnd().split('\n');
    expect(lines[1]).toMatch(/^lockstep: the socket closed: 1008 .*; connecting again$/);
    // it may have been let in once more meanwhile: keys are remembered for a moment
    const refusal = /^lockstep: API key not found \(10010009\): .*; check LOCKSTEP_API_KEY$/;
    expect(lines.filter((line) => refusal.test(line))).toEqual([lines.at(-1)]);
  });

  test('while nothing answers it goes on trying, until Ctrl-C', async () => {
    const listening = new RunningCommand(['listen', '--url', 'http://127.0.0.1:1', '--api-key', 'lk_x']);
    await listening.hear('cannot reach the service: nothing listens there; .*; connecting again');
    expect(await listening.interrupt()).toBe(0);
  });
});

describe('replay', () => {
  test('tells again what came after a message, and ends', async () => {
    const { hash } = await askedOrder(service, { taker });
    const { events } = await taker.library().history(hash);
    const after = events[0]!.id;
    const told = await lockstep(['replay', ...as(taker), '--after', after, '--json']);
    expect(told.code).toBe(0);
    const ids = jsonLines(told.stdout).map(({ id }) => id as string);
    expect(ids).toEqual(events.slice(1).map(({ id }) => id));
    const [, last] = /^lockstep: go on with --after ([0-9a-f]{32})\n$/.exec(told.stderr)!;
    const rest = await lockstep(['replay', ...as(taker), '--after', last!]);
    expect(rest).toEqual({ code: 0, stdout: '', stderr: '' });
    succeeded(await taker.answer(hash, false), 200);
  });

  test('an id of another history is refused', async () => {
    const { code, stderr } = await lockstep(['replay', ...as(taker), '--after', 'f'.repeat(32)]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('read the lists of orders'),
    });
  });
});
