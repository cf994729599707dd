import { createSecretKey } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { secretsOf, SETTINGS, type Settings } from '#config';
import { MakersService } from '#trading';
import { z } from 'zod';
import { ApiError } from '../http/refusals/api-errors.js';

const ALGORITHM = 'HS256';
const LIFETIME_S = 24 * 3600;

/** What is signed, to the last claim: whatever else a signed text says, it is no token. */
const claimsSchema = z.object({
  wallet_address: z.string().regex(/^0x[0-9a-f]{40}$/),
  chain_id: z.string(),
  iat: z.number().int().positive(),
  exp: z.number().int().positive(),
  /** The installation; tokens of the version before name none. */
  aud: z.string().optional(),
  /** Those before the latest log-out are ended; tokens of the version before are of generation 0. */
  generation: z.number().int().nonnegative().default(0),
});
type Claims = z.infer<typeof claimsSchema>;

/** Whose token it is, and until when. */
export interface TokenHolder {
  /** Lower-case address. */
  wallet: string;
  /** Unix ms. */
  expiresAt: number;
  generation: number;
}

/** Issues and checks the JWTs that makers get for a wallet signature. */
@Injectable()
export class MakerTokens implements OnModuleInit {
  private readonly signers: JwtService[];
  private readonly chainId: string;
  private audience!: string;
  /** Unix seconds. */
  private namelessUntil = 0;

  constructor(
    @Inject(SETTINGS) { JWT_SECRET, EIP712_CHAIN_ID }: Settings,
    private readonly makers: MakersService,
  ) {
    this.signers = secretsOf(JWT_SECRET).map(
      (text) =>
        new JwtService({
          // not the text: jsonwebtoken tries to read that as a public key at every check, which takes 30 times as long
          secret: createSecretKey(text, 'utf8'),
          signOptions: { algorithm: ALGORITHM, expiresIn: LIFETIME_S },
          verifyOptions: { algorithms: [ALGORITHM], ignoreExpiration: true },
        }),
    );
    this.chainId = String(EIP712_CHAIN_ID);
  }

  async onModuleInit(): Promise<void> {
    const { id, nameless_tokens_until } = await this.makers.installation();
    this.audience = id;
    this.namelessUntil = (nameless_tokens_until?.getTime() ?? 0) / 1000;
  }

  issue(wallet: string, generation: number): string {
    const claims = { wallet_address: wallet, chain_id: this.chainId, aud: this.audience, generation };
    return this.signers[0]!.sign(claims);
  }

  /** To whom a token was issued. */
  async holderOf(token: string | undefined): Promise<TokenHolder> {
    if (!token)
      throw new ApiError('TOKEN_INVALID', 'Authorization must be "Bearer <token>"; see makers/connect');
    const { wallet_address: wallet, exp, generation } = this.verify(token);
    // one that is higher was given out since the wallet was looked up
    if (generation < (await this.makers.accessOf(wallet)).token_generation) {
      throw new ApiError('TOKEN_EXPIRED', 'the wallet was logged out; log in again');
    }
    return { wallet, expiresAt: exp * 1000, generation };
  }

  private verify(token: string): Claims {
    const { data: claims } = claimsSchema.safeParse(this.signedText(token));
    if (!claims || claims.exp > claims.iat + LIFETIME_S) {
      throw new ApiError('TOKEN_INVALID', 'the token was not issued by this service');
    }
    if (claims.exp * 1000 <= Date.now()) {
      const expiredAt = new Date(claims.exp * 1000).toISOString();
      throw new ApiError('TOKEN_EXPIRED', `the token expired at ${expiredAt}; log in again`);
    }
    if (claims.chain_id !== this.chainId) {
      throw new ApiError('TOKEN_INVALID', 'the token was issued for another chain');
    }
    if (claims.aud === undefined ? claims.iat > this.namelessUntil : claims.aud !== this.audience) {
      throw new ApiError('TOKEN_INVALID', 'the token was issued by another installation');
    }
    return claims;
  }

  private signedText(token: string): unknown {
    for (const signer of this.signers) {
      try {
        return signer.verify<object>(token);
      } catch {
        // it may be of the next secret
      }
    }
    return undefined;
  }
}
