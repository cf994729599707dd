import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiErrors, ApiSuccess } from '../http/api-answers.js';
import { type Success, success } from '../http/envelope.js';
import { ConnectAnswer, ConnectRequest } from './dto/connect.dto.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { WalletLoginService } from './wallet-login.service.js';

@ApiTags('Makers: login')
@Controller('api/v1/makers')
@UseGuards(RateLimitGuard)
export class MakersController {
  constructor(private readonly login: WalletLoginService) {}

  @Post('connect')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'connectWallet',
    summary: 'Log in with a wallet signature',
    description: 'Exchanges a signed message for the JWT that the maker calls and the maker socket take.',
  })
  @ApiSuccess(200, ConnectAnswer, 'Logged in')
  @ApiErrors(
    'LOGIN_SIGNATURE',
    'LOGIN_FORMAT',
    'LOGIN_TIMESTAMP',
    'LOGIN_NONCE',
    'LOGIN_ADDRESS',
    'LOGIN_CHAIN',
  )
  async connect(@Body() body: ConnectRequest): Promise<Success<ConnectAnswer>> {
    const { wallet_address: walletAddress, chain_id: chainId, message, signature } = body;
    return success({ jwt: await this.login.connect({ walletAddress, chainId, message, signature }) });
  }
}
