import { Injectable } from '@nestjs/common';
import { ApiKeysService, type TakerCaller } from '#trading';
import { ApiError } from '../http/api-errors.js';

/** Tells by its API key which taker calls; for HTTP calls and sockets alike. */
@Injectable()
export class TakerAuthenticator {
  constructor(private readonly apiKeys: ApiKeysService) {}

  async authenticate(apiKey: string | undefined): Promise<TakerCaller> {
    if (!apiKey) throw new ApiError('MISSING_HEADER', 'X-API-Key is required');
    const authentication = await this.apiKeys.authenticate(apiKey);
    if ('caller' in authentication) return authentication.caller;
    if (authentication.refused === 'expired') {
      throw new ApiError('API_KEY_EXPIRED', 'this API key has expired; ask the operator for a new one');
    }
    throw new ApiError('API_KEY_NOT_FOUND', 'X-API-Key is not a known API key, or it was revoked');
  }
}
