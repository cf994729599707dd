import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ApiReadErrors, ApiSuccess } from '../http/api-answers.js';
import { type Success, success } from '../http/envelope.js';
import { HealthAnswer } from './dto/health.dto.js';

@ApiTags('Operations')
@Controller('health')
export class HealthController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

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
    description: 'Asks the database too: send calls elsewhere while this answers 503.',
  })
  @ApiSuccess(200, HealthAnswer, 'It can serve calls')
  @ApiReadErrors()
  async ready(): Promise<Success<HealthAnswer>> {
    await this.dataSource.query('SELECT 1');
    return success({ status: 'ok' });
  }
}
