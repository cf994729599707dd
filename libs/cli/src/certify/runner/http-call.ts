import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  STATUS_CODES,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A call without an answer by then has failed. */
const TIMEOUT_MS = 60_000;
/** Of one connection, not of what is said on it. */
const HOP_BY_HOP = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface Reply {
  status: number;
  /** Names and values in turn, as they came. */
  headers: string[];
  body: Buffer;
}

/** Passes a call on: method, path, raw query, headers and body as they are, since a signature may be over them. */
export function passOn(target: URL, asked: IncomingMessage, body: Buffer): Promise<Reply> {
  const request = target.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { ...headersOf(asked), ...(body.length > 0 && { 'content-length': String(body.length) }) };
  const { hostname: host, port, host: name } = target;
  return new Promise((resolve, reject) => {
    const onward = request(
      {
        host: host.replace(/^\[|\]$/g, ''),
        port,
        method: asked.method,
        path: pathOn(target, asked),
        headers: { ...headers, host: name },
        timeout: TIMEOUT_MS,
      },
      (reply) => {
        buffer(reply).then(
          (answer) =>
            resolve({ status: reply.statusCode!, headers: passing(reply.rawHeaders), body: answer }),
          reject,
        );
      },
    );
    onward.on('timeout', () => onward.destroy(new Error('the service does not answer')));
    onward.on('error', reject);
    onward.end(body);
  });
}

/** The path and query on the service, which may lie below a path of its own. */
export function pathOn(target: URL, { url }: IncomingMessage): string {
  return `${target.pathname.replace(/\/$/, '')}${url}`;
}

/** What a call's headers say, but for what is of its connection. */
export function headersOf({ rawHeaders }: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const raw = passing(rawHeaders);
  for (let i = 0; i < raw.length; i += 2) {
    const [name, value] = [raw[i]!.toLowerCase(), raw[i + 1]!];
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/** The secrets that a call carries, but for its signature, which is good for nothing else. */
export function secretsOf(headers: IncomingHttpHeaders, query: string): (string | undefined)[] {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const key = headers['x-api-key'] as string | undefined;
  return [key, bearer, new URLSearchParams(query).get('api_key') ?? undefined];
}

/** Whether a call means this machine; a web page whose name was made to lead here does not. */
export const isMeantHere = ({ headers }: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(headers.host ?? '');

/** The ids of the messages that a list of events has. */
export function eventIdsIn(path: string, text: string): string[] {
  if (!path.endsWith('/events')) return [];
  return [...text.matchAll(/"(?:id|last_id)"\s*:\s*"([^"]+)"/g)].map(([, id]) => id!);
}

function passing(raw: string[]): string[] {
  return raw.filter((_, i) => !HOP_BY_HOP.has(raw[i - (i % 2)]!.toLowerCase()));
}

/** A target's path, and its query without `?`. */
export function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

/** What the bot says with its upgrade; the handshake itself is made anew on either side. */
export function socketHeaders(asked: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headersOf(asked)).filter(([name]) => !name.startsWith('sec-websocket-')),
  );
}

/** Answers an upgrade that is refused. */
export function endWith(client: Socket, status: number, rawHeaders: string[], body: Buffer): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!/^(connection|content-length|transfer-encoding|keep-alive)$/i.test(rawHeaders[i]!))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  lines.push(`Content-Length: ${body.length}`, 'Connection: close');
  client.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]));
}

/** The same headers at another time. */
export function withDate(headers: string[], offMs: number): string[] {
  return headers.map((value, i) =>
    i % 2 === 1 && headers[i - 1]!.toLowerCase() === 'date'
      ? new Date(Date.now() + offMs).toUTCString()
      : value,
  );
}
