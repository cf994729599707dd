import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings, withinRanges } from '#config';
import { type AcceptedKey, ApiKeysService, type TakerCaller } from '#trading';
import { ApiError } from '../http/api-errors.js';
import { requestIdOf } from '../http/request-id.js';
import { SignatureChecker } from './signature-checker.service.js';

/** Tells by its API key which taker calls, and holds the call to the key's rules; for HTTP calls and sockets alike. */
@Injectable()
export class TakerAuthenticator {
  private readonly isTrustedProxy: (address: string) => boolean;

  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly signatures: SignatureChecker,
    @Inject(SETTINGS) { TRUSTED_PROXIES }: Settings,
  ) {
    this.isTrustedProxy = withinRanges(TRUSTED_PROXIES);
  }

  async authenticate(apiKey: string | undefined, request: IncomingMessage): Promise<TakerCaller> {
    const key = await this.requireKey(apiKey);
    if (key.allowsIp) {
      // what Fastify's request.ip is, which an upgrade request does not have
      const address = proxyAddr(request, this.isTrustedProxy);
      if (!key.allowsIp(address)) {
        throw new ApiError('IP_NOT_ALLOWED', `this API key may not be used from ${address}`);
      }
    }
    await this.signatures.check(request, key);
    return { ...key.key, requestId: requestIdOf(request) };
  }

  private async requireKey(apiKey: string | undefined): Promise<AcceptedKey> {
    if (!apiKey) throw new ApiError('MISSING_HEADER', 'X-API-Key is required');
    const key = await this.apiKeys.authenticate(apiKey);
    if (!('refused' in key)) return key;
    if (key.refused === 'expired') {
      throw new ApiError('API_KEY_EXPIRED', 'this API key has expired; ask the operator for a new one');
    }
    throw new ApiError('API_KEY_NOT_FOUND', 'X-API-Key is not a known API key, or it was revoked');
  }
}
