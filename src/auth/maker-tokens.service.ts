import { createSecretKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService, TokenExpiredError } from '@nestjs/jwt';
import { SETTINGS, type Settings } from '#config';
import { ApiError } from '../http/api-errors.js';

const ALGORITHM = 'HS256';
const LIFETIME = '24h';
const BEARER = /^Bearer +(\S+)$/i;

interface Claims {
  wallet_address: string;
  chain_id: string;
}

/** Whose token it is, and until when. */
export interface TokenHolder {
  /** Lower-case address. */
  wallet: string;
  /** Unix ms. */
  expiresAt: number;
}

/** Issues and checks the JWTs that makers get for a wallet signature. */
@Injectable()
export class MakerTokens {
  private readonly jwt: JwtService;
  private readonly chainId: string;

  constructor(@Inject(SETTINGS) { JWT_SECRET, EIP712_CHAIN_ID }: Settings) {
    this.jwt = new JwtService({
      // not the text: jsonwebtoken tries to read that as a public key at every check, which takes 30 times as long
      secret: createSecretKey(JWT_SECRET, 'utf8'),
      signOptions: { algorithm: ALGORITHM, expiresIn: LIFETIME },
      verifyOptions: { algorithms: [ALGORITHM] },
    });
    this.chainId = String(EIP712_CHAIN_ID);
  }

  issue(wallet: string): string {
    const claims: Claims = { wallet_address: wallet, chain_id: this.chainId };
    return this.jwt.sign(claims);
  }

  /** To whom an Authorization header's token was issued. */
  holderOf(authorization: string | undefined): TokenHolder {
    const [, token] = BEARER.exec(authorization ?? '') ?? [];
    if (!token)
      throw new ApiError('TOKEN_INVALID', 'Authorization must be "Bearer <token>"; see makers/connect');
    const claims = this.verify(token);
    if (claims.chain_id !== this.chainId) {
      throw new ApiError('TOKEN_INVALID', 'the token was issued for another chain');
    }
    return { wallet: claims.wallet_address, expiresAt: claims.exp * 1000 };
  }

  private verify(token: string): Claims & { exp: number } {
    try {
      return this.jwt.verify(token);
    } catch (error) {
      if (error instanceof TokenExpiredError) {
        throw new ApiError(
          'TOKEN_EXPIRED',
          `the token expired at ${error.expiredAt.toISOString()}; log in again`,
        );
      }
      throw new ApiError('TOKEN_INVALID', 'the token was not issued by this service');
    }
  }
}
