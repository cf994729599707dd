import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError, RequestSigner } from '#client';
import { WebSocket } from 'ws';
import { sentenceOf } from '../refusals.js';
import type { Finding, Patient } from './finding.js';

const TARGET = '/ws/taker/v1?types=cancellation_request';
const HANDSHAKE_TIMEOUT_MS = 10_000;
const ORIGIN_NOT_ALLOWED = 403005;
/** The service says something every 30 s, and may be a little late. */
const HEARTBEAT_S = 32;

/** Opens a socket as a page of an origin would. */
export async function checkOrigin(patient: Patient): Promise<Finding> {
  const { origin, apiKey } = patient;
  const check = 'origin';
  if (!origin || !apiKey) {
    const found = 'programs send none, and need none; pages in browsers do';
    return {
      check,
      result: 'not checked',
      found,
      remedy: 'give a page’s --origin https://… (and a key) to try it',
    };
  }
  try {
    (await openSocket(patient, { origin })).terminate();
    return { check, result: 'ok', found: `sockets are opened for pages of ${origin}` };
  } catch (error) {
    const isOrigin = error instanceof LockstepError && error.code === ORIGIN_NOT_ALLOWED;
    const remedy = isOrigin ? 'ask the operator to add it to ALLOWED_ORIGINS' : undefined;
    return { check, result: 'failed', found: sentenceOf(error), remedy };
  }
}

/** Holds a socket and sees whether it is left alone, and hears a heartbeat. */
export async function checkHold(patient: Patient): Promise<Finding> {
  const { apiKey, holdSeconds } = patient;
  const check = 'sockets';
  if (!apiKey || holdSeconds === 0)
    return { check, result: 'not checked', found: 'no socket was held', remedy: 'give a key and --hold' };
  let socket: WebSocket;
  try {
    socket = await openSocket(patient);
  } catch (error) {
    const isForeign = error instanceof LockstepError && error.code === 0;
    const remedy = isForeign
      ? 'have the proxy pass WebSockets on (its Upgrade and Connection headers)'
      : undefined;
    return { check, result: 'failed', found: sentenceOf(error), remedy };
  }
  const openedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - openedAt) / 1000);
  let heartbeatAfter: number | undefined;
  socket.on('message', (frame: Buffer) => {
    if (isHeartbeat(frame)) heartbeatAfter ??= seconds();
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => {}).on('close', (code, reason) => resolve(`${code} ${String(reason)}`.trim()));
  });
  const waiting = new AbortController();
  const held = delay(holdSeconds * 1000, undefined, {
    signal: AbortSignal.any([waiting.signal, patient.takeInterrupts()]),
  }).catch(() => {});
  const closeCode = await Promise.race([closed, held]);
  waiting.abort();
  socket.terminate();
  if (closeCode !== undefined) {
    const remedy =
      'raise the idle time-out of the proxies on the way over 30 s (nginx: proxy_read_timeout 75s)';
    return {
      check,
      result: 'failed',
      found: `the socket was closed after ${seconds()} s (${closeCode})`,
      remedy,
    };
  }
  return heldFinding(seconds(), heartbeatAfter);
}

function isHeartbeat(frame: Buffer): boolean {
  try {
    return (JSON.parse(frame.toString()) as { type: unknown }).type === 'heartbeat';
  } catch {
    return false;
  }
}

function heldFinding(seconds: number, heartbeatAfter: number | undefined): Finding {
  const check = 'sockets';
  const found = `a socket was left open for ${seconds} s`;
  if (heartbeatAfter !== undefined)
    return { check, result: 'ok', found: `${found}, and heard a heartbeat after ${heartbeatAfter} s` };
  if (seconds < HEARTBEAT_S)
    return {
      check,
      result: 'warning',
      found,
      remedy: `give --hold ${HEARTBEAT_S} or more to see that heartbeats come through`,
    };
  return {
    check,
    result: 'failed',
    found: `${found}, and heard no heartbeat`,
    remedy: 'have the proxy pass frames on at once, without a buffer',
  };
}

function openSocket(patient: Patient, extra: { origin?: string } = {}): Promise<WebSocket> {
  const url = new URL(`${patient.url.replace(/^http/, 'ws')}${TARGET}`);
  const signer = patient.apiSecret && new RequestSigner(patient.apiSecret, () => Date.now() + patient.skewMs);
  const headers = { 'x-api-key': patient.apiKey!, ...(signer && signer.headersFor('GET', url)) };
  const socket = new WebSocket(url, { headers, handshakeTimeout: HANDSHAKE_TIMEOUT_MS, ...extra });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket)).on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      const header = (name: string) => response.headers[name] as string | undefined;
      void text(response)
        .then((body) => reject(new LockstepError({ status: response.statusCode!, header, body })), reject)
        .finally(() => socket.terminate());
    });
  });
}
