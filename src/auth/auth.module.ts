import { Module } from '@nestjs/common';
import { TradingModule } from '#trading';
import { RateLimits } from '../http/limits/rate-limits.service.js';
import { MakerTokens } from './maker-tokens.service.js';
import { MakersController } from './makers.controller.js';
import { SignatureChecker } from './signature-checker.service.js';
import { TakerAuthenticator } from './taker-authenticator.service.js';
import { WalletLoginService } from './wallet-login.service.js';

/** Who is calling, and how often. */
@Module({
  imports: [TradingModule],
  controllers: [MakersController],
  providers: [TakerAuthenticator, SignatureChecker, MakerTokens, WalletLoginService, RateLimits],
  exports: [TakerAuthenticator, MakerTokens, RateLimits],
})
export class AuthModule {}
