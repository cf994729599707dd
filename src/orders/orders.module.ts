import { Module } from '@nestjs/common';
import { TradingModule } from '#trading';
import { AuthModule } from '../auth/auth.module.js';
import { MakerOrdersController } from './maker-orders.controller.js';
import { TakerListsController } from './taker-lists.controller.js';
import { TakerOrdersController } from './taker-orders.controller.js';

/** The HTTP calls on orders. */
@Module({
  imports: [TradingModule, AuthModule],
  controllers: [TakerOrdersController, TakerListsController, MakerOrdersController],
})
export class OrdersModule {}
