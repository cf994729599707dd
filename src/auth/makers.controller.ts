import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type MakerCaller, MakersService } from '#trading';
import { ApiErrors, ApiReadErrors, ApiSuccess, MAKER_ERRORS } from '../http/documents/api-answers.js';
import { RateLimitGuard } from '../http/limits/rate-limit.guard.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { type Success, success } from '../http/success.js';
import { CallingMaker } from './callers.js';
import { ConnectAnswer, ConnectRequest, LogoutAnswer } from './dto/connect.dto.js';
import { MakerProfile } from './dto/profile.dto.js';
import { MakerGuard } from './maker.guard.js';
import { WalletLoginService } from './wallet-login.service.js';

@ApiTags('Makers: login')
@Controller('api/v1/makers')
export class MakersController {
  constructor(
    private readonly login: WalletLoginService,
    private readonly makers: MakersService,
  ) {}

  @Post('connect')
  @UseGuards(RateLimitGuard)
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

  @Post('logout')
  @UseGuards(MakerGuard, RateLimitGuard)
  @HttpCode(200)
  @ApiBearerAuth('maker')
  @ApiOperation({
    operationId: 'logOut',
    summary: 'End every token of the wallet',
    description:
      'Within 5 seconds no token that the wallet was given so far is taken any more, by whomever it is held, and its ' +
      'sockets are closed with 1008. Orders stay as they are. Logging in again works at once.',
  })
  @ApiSuccess(200, LogoutAnswer, 'Logged out')
  @ApiReadErrors(...MAKER_ERRORS)
  async logOut(@CallingMaker() { wallet }: MakerCaller): Promise<Success<LogoutAnswer>> {
    await this.makers.logOut(wallet);
    return success({ success: true, message: 'Logged out successfully' });
  }

  @Get('profiles')
  @UseGuards(MakerGuard, RateLimitGuard)
  @ApiBearerAuth('maker')
  @ApiOperation({
    operationId: 'getProfile',
    summary: "The maker's own profile",
    description: 'What is not known of the owner is null.',
  })
  @ApiSuccess(200, MakerProfile, 'What the desk knows of the owner of the wallet')
  @ApiReadErrors(...MAKER_ERRORS)
  async profile(@CallingMaker() { wallet }: MakerCaller): Promise<Success<MakerProfile>> {
    const maker = await this.makers.find(wallet);
    if (!maker) throw new ApiError('TOKEN_INVALID', 'the wallet has not logged in to this service');
    const { wallet_address, username, email, avatar_url, status } = maker;
    return success({ wallet_address, username, email, avatar_url, status });
  }
}
