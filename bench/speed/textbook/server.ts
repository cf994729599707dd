import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post, Req, UseGuards, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { TypeOrmModule } from '@nestjs/typeorm';
import { dataSourceOptions } from '#database';
import { OrderEvent } from '#events';
import { ApiKey, CancellationRequest, Order } from '#trading';
import { AnswerDto } from './answer.dto.js';
import { AnswersService } from './answers.service.js';
import { KeyGuard, type KeyedRequest } from './key.guard.js';

/**
 * What the service is measured against: the same call as a NestJS course would write it, on Express, with entities,
 * repositories, a validation pipe and one transaction a call.
 */
@Controller('api/v1/orders')
@UseGuards(KeyGuard)
class AnswersController {
  constructor(private readonly answers: AnswersService) {}

  @Post('cancel-result')
  @HttpCode(200)
  async answer(@Req() { apiKey }: KeyedRequest, @Body() body: AnswerDto) {
    await this.answers.answer(apiKey, body);
    const data = { success: true, message: 'Cancellation result recorded', order_hash: body.order_hash };
    return { code: 0, data };
  }
}

const entities = [Order, CancellationRequest, OrderEvent, ApiKey];

@Module({
  imports: [
    TypeOrmModule.forRoot({ ...dataSourceOptions(process.env.DATABASE_URL, entities), migrations: [] }),
    TypeOrmModule.forFeature(entities),
  ],
  controllers: [AnswersController],
  providers: [AnswersService],
})
class TextbookModule {}

const app = await NestFactory.create<NestExpressApplication>(TextbookModule, { logger: ['warn', 'error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT), process.env.HOST!);
