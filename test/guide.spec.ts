import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API_ERRORS } from '../src/http/refusals/api-errors.js';
import { startService, type TestService } from './support/service.js';

/** The guide on the service itself: its pages, their links, errors by their code, and what programs read. */
const LOCK_TTL = '1234';

let service: TestService;
beforeAll(async () => {
  service = await startService({ LOCK_TTL_SECONDS: LOCK_TTL, PORT: '3210' });
});
afterAll(() => service.stop());

async function got(path: string) {
  const response = await fetch(`${service.url}${path}`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const linksIn = (html: string): string[] =>
  [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, target]) => target!.replaceAll('&amp;', '&'));

/** Every page that can be reached from one, by its path. */
async function crawled(start: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const { status, text, type } = await got(path);
    expect([path, status]).toEqual([path, 200]);
    pages.set(path, text);
    if (!type!.startsWith('text/html') || path === '/docs') continue;
    for (const link of linksIn(text)) {
      const { origin, pathname } = new URL(link, `${service.url}${path}`);
      if (origin === service.url) waiting.push(pathname);
    }
  }
  return pages;
}

describe('pages', () => {
  test('every document is a page, every link leads somewhere, and every anchor is there', async () => {
    const pages = await crawled('/guide/');
    const documents = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md');
    for (const name of documents) expect([...pages.keys()]).toContain(`/guide/${name.replace('.md', '')}`);
    expect([...pages.keys()]).toEqual(
      expect.arrayContaining([
        '/guide/client',
        '/guide/console.png',
        '/guide/guide.js',
        '/docs/errors/409003',
      ]),
    );
    for (const [path, html] of pages) {
      if (!html.startsWith('<!DOCTYPE') || path === '/docs') continue;
      for (const link of linksIn(html)) {
        const { origin, pathname, hash } = new URL(link, `${service.url}${path}`);
        if (origin !== service.url || !hash) continue;
        expect([path, link, pages.get(pathname)?.includes(`id="${hash.slice(1)}"`)]).toEqual([
          path,
          link,
          true,
        ]);
      }
    }
  });

  test('have this installation’s values behind the names of settings', async () => {
    const { text } = await got('/guide/configuration.md');
    expect(text).toContain(`\`LOCK_TTL_SECONDS\` (here ${LOCK_TTL})`);
    expect((await got('/guide/configuration')).text).toContain(
      `<code>LOCK_TTL_SECONDS</code> (here ${LOCK_TTL})`,
    );
    expect((await got('/guide/sandbox.md')).text).toContain(
      'curl -s http://127.0.0.1:3210/sandbox/scenarios',
    );
    for (const secret of ['JWT_SECRET', 'MASTER_KEY', 'DATABASE_URL'])
      expect(text).not.toContain(`${secret}\` (here`);
  });

  test('are there as Markdown too, with links among themselves', async () => {
    const { type, text } = await got('/guide/push.md');
    expect(type).toBe('text/markdown; charset=utf-8');
    expect(text).toContain('](authentication.md#signed-requests)');
    expect((await got('/guide/authentication.md')).text).toContain('](client.md)');
  });

  test('run their own files alone', async () => {
    const response = await fetch(`${service.url}/guide/`);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';/,
    );
    const { text } = await got('/guide/');
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|style="/);
  });

  test.each([
    ['client', 'package/package.json'],
    ['cli', 'package/package.json'],
    ['python', 'lockstep-client-0.1.0/pyproject.toml'],
  ])('%s names the address at which this service has the package', async (name, manifest) => {
    const { text } = await got(`/guide/${name}.md`);
    const path = /http:\/\/127\.0\.0\.1:3210(\/guide\/clients\/\S+)/.exec(text)![1]!;
    const response = await fetch(service.url + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/gzip']);
    const archive = Buffer.from(await response.arrayBuffer());
    expect(String(execFileSync('tar', ['-tz'], { input: archive })).split('\n')).toContain(manifest);
  });

  test.each([
    ['java', 'Taker.java'],
    ['go', 'taker.go'],
    ['go', 'go.mod'],
  ])('%s links to %s, which this service has', async (name, file) => {
    expect((await got(`/guide/${name}`)).text).toContain(`<a href="clients/${file}">`);
    const { type, text } = await got(`/guide/clients/${file}`);
    expect([type, text]).toEqual([
      'text/plain; charset=utf-8',
      readFileSync(join('clients', name, file), 'utf8'),
    ]);
  });

  test('that are not there are refused as other calls are', async () => {
    expect((await got('/guide/nothing')).status).toBe(404);
    expect((await got('/docs/errors/409999')).status).toBe(404);
  });
});

test('a search can find every section', async () => {
  const { text } = await got('/guide/sections.json');
  const sections = JSON.parse(text) as {
    id: string;
    page: string;
    anchor: string;
    title: string;
    text: string;
  }[];
  expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
  expect(
    sections.find(({ page, anchor }) => page === 'push' && anchor === 'going-on-where-you-left-off'),
  ).toMatchObject({
    title: 'Going on where you left off',
    text: expect.stringContaining('after'),
  });
});

describe('errors', () => {
  test.each(Object.entries(API_ERRORS))(
    '%s has what happened, and what to do',
    async (_, { code, message }) => {
      const { text } = await got(`/docs/errors/${code}.md`);
      // errors that share a code share a page
      const own = text
        .split(/^##? /m)
        .find((part) => part.replace(`${code} `, '').startsWith(`${message}\n`));
      expect(own).toMatch(/What the order is now.*What to do.*May the call be sent again/s);
      expect((await got('/docs/errors')).text).toContain(`href="errors/${code}"`);
    },
  );

  test('an answer links its page', async () => {
    const response = await fetch(`${service.url}/api/v1/orders/available?colour=red`);
    const { code, docs } = (await response.json()) as { code: number; docs: string };
    expect(docs).toBe(`/docs/errors/${code}`);
    expect((await got(docs)).text).toContain(`<h1 id=`);
  });
});

test('messages are told field by field, with an example each', async () => {
  const { text } = await got('/guide/messages.md');
  expect(text).toContain('| `data.metadata.request_id` | string (uuid) |');
  expect(text).toContain('"on_timeout": "keep_locked"');
  expect(text).toMatch(/\| 1012 \|/);
  expect((await got('/guide/messages')).text).toContain('<h2 id="cancellation_request">');
});

test('/llms.txt leads programs to all of it', async () => {
  const { text, type } = await got('/llms.txt');
  expect(type).toBe('text/plain; charset=utf-8');
  expect(text).toMatch(/^# Lockstep\n\n> /);
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!);
  expect(links.length).toBeGreaterThan(20);
  for (const link of links) expect([link, (await got(`/${link}`)).status]).toEqual([link, 200]);
});
