import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { generatePrivateKey } from 'viem/accounts';
import { lockstep } from './support/command-line.js';

/** What `lockstep` says where nothing can be done: the line is wrong, or no Lockstep answers. */
describe('wrong usage is exit code 2, and no secret is repeated', () => {
  const secret = 'a secret that nobody shall read';
  test('no secret to sign with, though the shell of who runs the tests has one', async () => {
    process.env.LOCKSTEP_SIGNING_SECRET = 'of-the-shell';
    expect((await lockstep(['sign', 'GET', '/x'])).code).toBe(2);
  });

  test.each([
    ['an unknown command', ['listne'], "unknown command 'listne' (Did you mean listen?)"],
    ['an unknown option', ['listen', '--afetr', 'x'], "unknown option '--afetr'"],
    ['no key', ['listen'], 'set LOCKSTEP_API_KEY, or give --api-key @file'],
    ['a key with blanks', ['listen', '--api-key', secret], 'must be printable ASCII without blanks'],
    ['a key file that is not there', ['listen', '--api-key', '@/nowhere'], 'cannot read /nowhere (ENOENT)'],
    [
      'a URL with a user',
      ['listen', '--url', 'http://a:b@c', '--api-key', 'k'],
      'must be http://host[:port]',
    ],
    [
      'a URL of something else',
      ['listen', '--url', 'ftp://c', '--api-key', 'k'],
      'must be http://host[:port]',
    ],
    ['a hash that is none', ['order', '0x12', '--api-key', 'k'], 'It must be an order hash'],
    ['a verdict that is none', ['answer', `0x${'0'.repeat(64)}`, 'maybe', '--api-key', 'k'], 'yes, no'],
    ['an id that is none', ['replay', '--after', 'x', '--api-key', 'k'], 'It must be the id of a message'],
    ['types that are none', ['listen', '--types', 'x', '--api-key', 'k'], 'comma-separated list'],
    ['no secret to sign with', ['sign', 'GET', '/x'], 'set LOCKSTEP_SIGNING_SECRET'],
    ['a wallet that is none', ['login', '--private-key', `0x${'f'.repeat(64)}`], 'must be a wallet'],
    ['an origin that is none', ['doctor', '--origin', 'app.example'], '--origin must be that of a page'],
    ['a hold that is too long', ['doctor', '--hold', '9999'], 'from 0 to 600'],
  ])('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await lockstep(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lockstep: [^\n]*\n$/);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain(secret);
    expect(stderr).not.toContain('f'.repeat(64));
  });
});

describe('what is not there is told in one sentence', () => {
  test('nothing listens', async () => {
    const { code, stderr } = await lockstep([
      'order',
      `0x${'0'.repeat(64)}`,
      '--url',
      `http://127.0.0.1:${await freePort()}`,
      '--api-key',
      'k',
    ]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'lockstep: cannot reach the service: nothing listens there; check LOCKSTEP_URL or --url\n',
    });
  });

  test.each([
    [404, '<html>nginx</html>', 'HTTP 404 from something that is not Lockstep'],
    [200, '<html>welcome</html>', 'it is not Lockstep that answers there'],
    [302, '', 'it leads on to another address'],
  ])('something else answers: %i %s', async (status, body, sentence) => {
    const other = createServer((_, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(body),
    );
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    for (const args of [
      ['order', `0x${'0'.repeat(64)}`, '--api-key', 'k'],
      ['login', '--private-key', generatePrivateKey()],
      ['trigger', 'burst'],
    ]) {
      if (status === 404 && args[0] === 'trigger') continue; // says that there is no sandbox
      const { code, stderr } = await lockstep([...args, '--url', url]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^lockstep: [^\n]*\n$/);
      expect(stderr).toContain(sentence);
    }
    other.close();
  });
});
