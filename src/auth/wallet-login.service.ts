import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { MakerLogins, WalletSignatures } from '#trading';
import { hashMessage } from 'viem/utils';
import { isAddress, isSignature } from '../http/json/fields.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { type LoginMessage, parseLoginMessage, WrongLoginMessage } from './login-message.js';
import { MakerTokens } from './maker-tokens.service.js';
import { TIMESTAMP_TOLERANCE_MS } from './timestamp-tolerance.js';

export interface LoginAttempt {
  walletAddress: string;
  chainId: string;
  message: string;
  signature: string;
}

/** Lets a wallet log in with an EIP-191 signature (personal_sign) of a message that works once. */
@Injectable()
export class WalletLoginService {
  constructor(
    private readonly logins: MakerLogins,
    private readonly tokens: MakerTokens,
    private readonly signatures: WalletSignatures,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Returns the maker's JWT. */
  async connect(attempt: LoginAttempt): Promise<string> {
    if (!isAddress(attempt.walletAddress)) {
      throw new ApiError(
        'LOGIN_ADDRESS',
        'wallet_address must be 0x and 40 hex digits, in mixed case with a checksum',
      );
    }
    const wallet = attempt.walletAddress.toLowerCase();
    const login = this.readMessage(attempt, wallet);
    await this.requireFresh(login);
    await requireSignature(this.signatures, attempt, wallet);
    return this.tokens.issue(wallet, await this.useUp(wallet, login.nonce));
  }

  private readMessage({ message, chainId }: LoginAttempt, wallet: string): LoginMessage {
    const login = parsed(message);
    this.requireOwnDomain(login);
    if (!isAddress(login.walletAddress) || login.walletAddress.toLowerCase() !== wallet) {
      throw new ApiError('LOGIN_ADDRESS', 'the message must name the same wallet as wallet_address');
    }
    const ours = String(this.settings.EIP712_CHAIN_ID);
    if (chainId !== ours || login.chainId !== ours) {
      throw new ApiError('LOGIN_CHAIN', `chain_id and the message's chain id must both be ${ours}`);
    }
    return login;
  }

  /** A wallet shows its owner for which site a message is: one that was signed for another must open nothing here. */
  private requireOwnDomain({ domains: { named, mentioned } }: LoginMessage): void {
    const { LOGIN_DOMAINS } = this.settings;
    if (LOGIN_DOMAINS.length === 0) return;
    const foreign = (named === undefined ? mentioned : [named]).find((site) => !LOGIN_DOMAINS.includes(site));
    if (foreign === undefined) return;
    throw new ApiError(
      'LOGIN_FORMAT',
      `the message is for ${foreign}, and must be for ${LOGIN_DOMAINS.join(' or ')} (LOGIN_DOMAINS)`,
    );
  }

  private async requireFresh({ timestamp, notBefore, expiresAt }: LoginMessage): Promise<void> {
    const now = await this.logins.now();
    if (Math.abs(now.getTime() - timestamp.getTime()) > TIMESTAMP_TOLERANCE_MS) {
      throw new ApiError(
        'LOGIN_TIMESTAMP',
        `the message must be signed within 5 minutes of now, ${now.toISOString()}; it says ${timestamp.toISOString()}`,
      );
    }
    if ((expiresAt && expiresAt <= now) || (notBefore && notBefore > now)) {
      throw new ApiError(
        'LOGIN_TIMESTAMP',
        `now, ${now.toISOString()}, must lie between the message's "Not Before: …" and "Expiration Time: …"`,
      );
    }
  }

  /**
   * Last of the checks, so that nobody but the wallet's owner can use up its nonces. Returns the generation of its tokens.
   */
  private async useUp(wallet: string, nonce: string): Promise<number> {
    const generation = await this.logins.useUp(wallet, nonce);
    if (generation !== undefined) return generation;
    throw new ApiError('LOGIN_NONCE', 'the nonce of this message was used for a login before');
  }
}

function parsed(message: string): LoginMessage {
  try {
    return parseLoginMessage(message);
  } catch (error) {
    if (error instanceof WrongLoginMessage) throw new ApiError('LOGIN_FORMAT', error.message);
    throw error;
  }
}

async function requireSignature(
  signatures: WalletSignatures,
  { message, signature }: LoginAttempt,
  wallet: string,
): Promise<void> {
  const fault = isSignature(signature)
    ? (await signatures.check(wallet, hashMessage(message), signature.toLowerCase())).fault
    : 'is not 0x and the hex digits of at most 4,096 bytes';
  if (fault === null) return;
  const rule = "signature must be the wallet's EIP-191 signature of the message";
  throw new ApiError('LOGIN_SIGNATURE', `${rule}: this one ${fault}`);
}
