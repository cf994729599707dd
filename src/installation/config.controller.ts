import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { SETTINGS, type Settings } from '#config';
import { ORDER_TYPES, signingDomain } from '#trading';
import { ApiReadErrors, ApiSuccess } from '../http/documents/api-answers.js';
import { RateLimitGuard } from '../http/limits/rate-limit.guard.js';
import { type Success, success } from '../http/success.js';
import { ConfigAnswer } from './dto/config.dto.js';
import { publishedSettings } from './published-settings.js';
import { SERVICE_VERSION } from './service-version.js';

@ApiTags('Operations')
@Controller('api/v1/config')
@UseGuards(RateLimitGuard)
export class ConfigController {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  @Get()
  @ApiOperation({
    operationId: 'getConfig',
    summary: 'What a client must know of this installation',
    description: 'Where orders are signed for, how long things last here, and how much one may ask for.',
  })
  @ApiSuccess(200, ConfigAnswer, 'As the service is set up now')
  @ApiReadErrors()
  get(): Success<ConfigAnswer> {
    const { EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT } = this.settings;
    return success({
      eip712: {
        domain: signingDomain(EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT),
        types: { Order: [...ORDER_TYPES.Order] },
        primaryType: 'Order',
      },
      chain_id: EIP712_CHAIN_ID,
      ...publishedSettings(this.settings),
      server_time: new Date().toISOString(),
      version: SERVICE_VERSION,
    });
  }
}
