import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Refusal } from './faults.js';
import { endWith } from './http-call.js';

/** Refuses a call in the service's place. */
export function endRefused(answer: ServerResponse, refusal: Refusal): void {
  answer.writeHead(refusal.status, headersOf(refusal)).end(envelopeOf(refusal));
}

export function endUpgradeRefused(client: Socket, refusal: Refusal): void {
  const headers = Object.entries(headersOf(refusal)).flat();
  endWith(client, refusal.status, headers, Buffer.from(envelopeOf(refusal)));
}

export const envelopeOf = ({ code, message, details }: Refusal): string =>
  JSON.stringify({ code, message, details, docs: `/docs/errors/${code}` });

const headersOf = ({ retryAfterSeconds }: Refusal): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
});
