import { Body, Controller, Headers, HttpCode, Ip, Post, UseFilters } from '@nestjs/common';
import { networkOf } from '#config';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiRefusals, BODY_REFUSALS, EnvelopeFilter, ERRORS, Refusal } from '../envelope.js';
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
      'A key that the service refuses is refused as it does. The rules and their verdicts are as the report has them: see docs/certificates.md for what that proves.',
  })
  @ApiSecurity('taker')
  @ApiResponse({ status: 200, type: CertificateResponse, description: 'The certificate' })
  @ApiRefusals(
    [ERRORS.INVALID_PARAMETER, 'report_sha256 must be 64 lower-case hex digits'],
    ...BODY_REFUSALS,
    [ERRORS.MISSING_HEADER, 'X-API-Key is required'],
    [ERRORS.API_KEY_NOT_FOUND, 'X-API-Key is not a known API key, or it was revoked'],
    [ERRORS.NOT_CONFIRMED, 'order 0x1f90… was given up by a yes that is not reported'],
    [ERRORS.TOO_MANY_REQUESTS, '4 reports are being looked into; try again when one is done'],
    [ERRORS.UNAVAILABLE, 'there is nothing to sign with'],
  )
  async request(
    @Body() request: CertificateRequest,
    @Headers('x-api-key') apiKey: string | undefined,
    @Ip() address: string,
  ): Promise<CertificateResponse> {
    if (!apiKey) throw new Refusal(ERRORS.MISSING_HEADER, 'X-API-Key is required');
    return { code: 0, data: await this.certificates.issue(request, apiKey, networkOf(address)) };
  }
}
