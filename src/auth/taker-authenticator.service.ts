import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { type AcceptedKey, ApiKeysService, type TakerCaller } from '#trading';
import { clientAddresses } from '../http/client-address.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { callIdOf } from '../http/call-id.js';
import { SignatureChecker } from './signature-checker.service.js';
import { WrongKeys } from './wrong-keys.js';

/** A call of which it is known whose it is. */
export interface AuthenticatedCall {
  taker: TakerCaller;
  isSuspended: boolean;
  /** Uses up its signature, when it has one; it is refused when somebody has. */
  useSignature: (() => Promise<void>) | undefined;
}

/** Tells by its API key which taker calls, and holds the call to the key's rules; for HTTP calls and sockets alike. */
@Injectable()
export class TakerAuthenticator {
  private readonly addressOf: (request: IncomingMessage) => string;
  private readonly wrongKeys = new WrongKeys();

  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly signatures: SignatureChecker,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.addressOf = clientAddresses(settings);
  }

  async authenticate(apiKey: string | undefined, request: IncomingMessage): Promise<AuthenticatedCall> {
    const address = this.addressOf(request);
    const key = await this.requireKey(apiKey, address);
    if (key.allowsIp && !key.allowsIp(address)) {
      throw new ApiError('IP_NOT_ALLOWED', `this API key may not be used from ${address}`);
    }
    const mac = await this.signatures.check(request, key);
    return {
      taker: { ...key.key, callId: callIdOf(request) },
      isSuspended: key.isSuspended,
      useSignature: mac && (() => this.signatures.useUp(mac)),
    };
  }

  private async requireKey(apiKey: string | undefined, address: string): Promise<AcceptedKey> {
    if (!apiKey) throw new ApiError('MISSING_HEADER', 'X-API-Key is required');
    await this.wrongKeys.requireFew(address, apiKey);
    const key = await this.apiKeys.authenticate(apiKey);
    if (!('refused' in key)) {
      this.wrongKeys.noteRight(apiKey);
      return key;
    }
    if (key.refused === 'expired') {
      throw new ApiError('API_KEY_EXPIRED', 'this API key has expired; ask the operator for a new one');
    }
    await this.wrongKeys.noteWrong(address, apiKey);
    throw new ApiError('API_KEY_NOT_FOUND', 'X-API-Key is not a known API key, or it was revoked');
  }
}

export function accountSuspended(): ApiError {
  return new ApiError(
    'ACCOUNT_SUSPENDED',
    'the taker is suspended: what it holds can be answered, unlocked, filled and rejected, and nothing else be done',
  );
}
