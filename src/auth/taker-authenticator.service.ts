import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { networkOf, SETTINGS, type Settings } from '#config';
import { type AcceptedKey, AcceptedKeys, type TakerCaller } from '#trading';
import { clientAddresses } from '../http/client-address.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { callIdOf } from '../http/call-id.js';
import { SignatureChecker } from './signature-checker.service.js';
import { WrongKeys } from './wrong-keys.js';

/** A call of which it is known with whose key it comes. */
export interface CallWithKey {
  taker: TakerCaller;
  isSuspended: boolean;
  key: AcceptedKey;
  address: string;
  request: IncomingMessage;
}

/** Counts a call of somebody's; rejects when it is one too many. */
type Count = (who: string) => Promise<void>;

/** Tells by its API key which taker calls, and holds the call to the key's rules; for HTTP calls and sockets alike. */
@Injectable()
export class TakerAuthenticator {
  private readonly addressOf: (request: IncomingMessage) => string;
  private readonly wrongKeys = new WrongKeys();

  constructor(
    private readonly keys: AcceptedKeys,
    private readonly signatures: SignatureChecker,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.addressOf = clientAddresses(settings);
  }

  /** Whose key it is; the call is the taker's when it is verified as well. */
  async identify(apiKey: string | undefined, request: IncomingMessage): Promise<CallWithKey> {
    const address = this.addressOf(request);
    const key = await this.requireKey(apiKey, address);
    if (key.allowsIp && !key.allowsIp(address)) {
      throw new ApiError('IP_NOT_ALLOWED', `this API key may not be used from ${address}`);
    }
    const taker = { ...key.key, callId: callIdOf(request) };
    return { taker, isSuspended: key.isSuspended, key, address, request };
  }

  /**
   * Counts the call, and only then waits for its body, which a signature needs. Resolves to what uses the signature up, when
   * there is one; that is refused when somebody has.
   */
  async verify(call: CallWithKey, count: Count): Promise<(() => Promise<void>) | undefined> {
    const mac = await this.countAndCheck(call, count);
    return mac && (() => this.signatures.useUp(mac));
  }

  /**
   * Whoever knows a key's text can call with it, and its holder must not be refused for that. So a call that has to be signed
   * counts for its network until it is known to be the holder's: as a wrong key, where none was signed rightly before.
   */
  private async countAndCheck(
    { key, taker, address, request }: CallWithKey,
    count: Count,
  ): Promise<Buffer | undefined> {
    const { keyId } = taker;
    if (!key.requireSignature) {
      await count(keyId);
      return this.signatures.check(request, key);
    }
    const signer = `${keyId} in ${networkOf(address)}`;
    const isKnown = this.wrongKeys.isRight(signer);
    await (isKnown ? count(signer) : this.wrongKeys.suspect(address));
    const mac = await this.signatures.check(request, key);
    if (!isKnown) await this.wrongKeys.clear(address, signer);
    await count(keyId);
    return mac;
  }

  private async requireKey(apiKey: string | undefined, address: string): Promise<AcceptedKey> {
    if (!apiKey) throw new ApiError('MISSING_HEADER', 'X-API-Key is required');
    await this.wrongKeys.requireFew(address, apiKey);
    const key = await this.keys.authenticate(apiKey);
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
