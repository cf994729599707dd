import { Body, Controller, Headers, HttpCode, Ip, Post, UseFilters } from '@nestjs/common';
import { networkOf } from '#config';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ERRORS, EnvelopeFilter, Refusal } from '../envelope.js';
import { Certificates } from './certificates.service.js';
import { CertificateRequest, CertificateResponse } from './dto/certificates.dto.js';

@ApiTags('Sandbox')
@Controller('sandbox/certificates')
@UseFilters(EnvelopeFilter)
export class CertificatesController {
  constructor(private readonly certificates: Certificates) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'requestCertificate',
    summary: 'Have the report of a certification signed',
    description:
      "Looks up each order in the service's history with the taker's own key, which is kept nowhere, and signs when nothing contradicts the report. " +
      'The rules and their verdicts are as the report has them: see docs/certificates.md for what that proves.',
  })
  @ApiHeader({ name: 'X-API-Key', description: "The taker's API key", required: true })
  @ApiResponse({ status: 200, type: CertificateResponse, description: 'The certificate' })
  @ApiResponse({ status: 400, description: '400001 Invalid parameter' })
  @ApiResponse({
    status: 401,
    description:
      '10010012 Missing required header, 10010009 API key not found, or as the service refuses the key: one that demands signed calls, too',
  })
  @ApiResponse({ status: 422, description: '422001 Not confirmed: the history contradicts the report' })
  @ApiResponse({
    status: 429,
    description:
      "429001 Too many requests: 4 reports are being looked into, or 5 wrong keys came from the caller's network in a minute",
  })
  @ApiResponse({
    status: 503,
    description: '503001 Service unavailable: there is nothing to sign with, or not yet',
  })
  async request(
    @Body() request: CertificateRequest,
    @Headers('x-api-key') apiKey: string | undefined,
    @Ip() address: string,
  ): Promise<CertificateResponse> {
    if (!apiKey) throw new Refusal(ERRORS.MISSING_HEADER, 'X-API-Key is required');
    return { code: 0, data: await this.certificates.issue(request, apiKey, networkOf(address)) };
  }
}
