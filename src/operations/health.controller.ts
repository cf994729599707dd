import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiReadErrors, ApiSuccess } from '../http/documents/api-answers.js';
import { type Success, success } from '../http/success.js';
import { HealthAnswer } from './dto/health.dto.js';
import { Readiness } from './readiness.js';

@ApiTags('Operations')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Whether the process runs',
    description: 'Asks nothing but the process itself: restart it when this fails.',
  })
  @ApiSuccess(200, HealthAnswer, 'It runs')
  @ApiReadErrors()
  live(): Success<HealthAnswer> {
    return success({ status: 'ok' });
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Whether calls can be served',
    description: 'Writes to the database too: send calls elsewhere while this answers 503.',
  })
  @ApiSuccess(200, HealthAnswer, 'It can serve calls')
  @ApiReadErrors()
  async ready(): Promise<Success<HealthAnswer>> {
    await this.readiness.check();
    return success({ status: 'ok' });
  }
}
