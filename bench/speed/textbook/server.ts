import 'reflect-metadata';
import {
  Body,
  Controller,
  HttpCode,
  Module,
  Param,
  Post,
  Req,
  Res,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AnswerDto, CancelDto, LockDto, PlaceDto } from './dto.js';
import { ApiKey, textbookOptions } from './entities.js';
import { type CallerRequest, KeyGuard, MakerGuard } from './guards.js';
import { OrdersService } from './orders.service.js';

/**
 * What the service is measured against: its calls as a NestJS course would write them, on Express, with entities,
 * repositories, a validation pipe and one transaction a call.
 */
@Controller('api/v1/orders')
class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  @UseGuards(MakerGuard)
  async place(@Req() { wallet }: CallerRequest, @Body() body: PlaceDto) {
    return success(await this.orders.place(wallet, body));
  }

  @Post('lock')
  @HttpCode(200)
  @UseGuards(KeyGuard)
  async lock(@Req() { taker }: CallerRequest, @Body() body: LockDto) {
    const { locked_at, lock_expires_at: expires_at } = await this.orders.lock(taker, body);
    const { order_hash, taker_address: locked_by } = body;
    return success({ success: true, order_hash, locked_by, locked_at, expires_at });
  }

  @Post('cancel-result')
  @HttpCode(200)
  @UseGuards(KeyGuard)
  async answer(@Req() { taker }: CallerRequest, @Body() body: AnswerDto) {
    await this.orders.answer(taker, body);
    const { order_hash } = body;
    return success({ success: true, message: 'Cancellation result recorded', order_hash });
  }

  @Post(':order_hash/cancel')
  @HttpCode(200)
  @UseGuards(MakerGuard)
  async cancel(
    @Req() { wallet }: CallerRequest,
    @Param('order_hash') hash: string,
    @Body() body: CancelDto,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ) {
    const request = await this.orders.cancel(wallet, hash, body);
    if (!request) return success({ success: true, status: 'cancelled' });
    response.status(202);
    const { id: request_id, status, requested_at, expires_at } = request;
    const cancellation = { request_id, status, requested_at, expires_at };
    return success({ success: false, status: 'cancellation_requested', cancellation });
  }
}

const success = <T>(data: T) => ({ code: 0, data });

@Module({
  imports: [
    TypeOrmModule.forRoot(textbookOptions(process.env.DATABASE_URL)),
    TypeOrmModule.forFeature([ApiKey]),
  ],
  controllers: [OrdersController],
  providers: [OrdersService],
})
class TextbookModule {}

const app = await NestFactory.create<NestExpressApplication>(TextbookModule, { logger: ['warn', 'error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT), process.env.HOST!);
