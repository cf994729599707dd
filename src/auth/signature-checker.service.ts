import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { type AcceptedKey, UsedSignatures } from '#trading';
import { ApiError } from '../http/refusals/api-errors.js';
import { rawBodyOf } from '../http/json/raw-body.js';
import { isMac, macOf, splitTarget } from './request-signature.js';
import { TIMESTAMP_TOLERANCE_MS } from './timestamp-tolerance.js';

const UNIX_MS = /^[1-9]\d{0,15}$/;

/** Checks the signatures of requests: each that is sent, and that those are that a key demands. */
@Injectable()
export class SignatureChecker {
  constructor(private readonly used: UsedSignatures) {}

  /** The MAC that is to be used up, if there is one. */
  async check(request: IncomingMessage, key: AcceptedKey): Promise<Buffer | undefined> {
    const { 'x-api-timestamp': timestamp, 'x-api-signature': signature } = request.headers as Headers;
    if (!signature && !key.requireSignature) return undefined;
    if (!timestamp || !signature) throw missingHeaders(timestamp, signature);
    requireFresh(timestamp, key.now);
    return requireSignature(request, key.secrets, timestamp, signature);
  }

  /** Last of the checks, so that only the holder of the secret can fill the table. */
  async useUp(mac: Buffer): Promise<void> {
    if (await this.used.useUp(mac)) return;
    throw new ApiError(
      'SIGNATURE_USED',
      'X-API-Signature was used before, and the call may have been done: sign again and repeat it',
    );
  }
}

interface Headers {
  'x-api-timestamp'?: string;
  'x-api-signature'?: string;
}

function missingHeaders(timestamp: string | undefined, signature: string | undefined): ApiError {
  const missing = [!timestamp && 'X-API-Timestamp', !signature && 'X-API-Signature'].filter(Boolean);
  const reason = signature ? 'a signature needs its timestamp' : 'this API key demands signed requests';
  return new ApiError(
    'MISSING_HEADER',
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} required: ${reason}`,
  );
}

function requireFresh(timestamp: string, now: number): void {
  if (!UNIX_MS.test(timestamp) || Math.abs(now - Number(timestamp)) > TIMESTAMP_TOLERANCE_MS) {
    throw new ApiError(
      'TIMESTAMP_EXPIRED',
      `X-API-Timestamp must be Unix milliseconds within 5 minutes of now, ${Math.floor(now)}`,
    );
  }
}

async function requireSignature(
  request: IncomingMessage,
  secrets: string[],
  timestamp: string,
  signature: string,
): Promise<Buffer> {
  const { method = '', url: target = '' } = request;
  const signed = { method, target, timestamp, body: await rawBodyOf(request) };
  const mac = secrets.map((secret) => macOf(secret, signed)).find((candidate) => isMac(signature, candidate));
  if (!mac) {
    const [path] = splitTarget(target);
    throw new ApiError(
      'SIGNATURE_INVALID',
      'X-API-Signature must be Base64(HMAC-SHA256(secret, METHOD|path|timestamp|Q)) of the request as it was sent; ' +
        `METHOD|path|timestamp is ${method}|${path}|${timestamp}`,
    );
  }
  return mac;
}
