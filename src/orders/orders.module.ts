import { Module } from '@nestjs/common';
import { TradingModule } from '#trading';
import { AuthModule } from '../auth/auth.module.js';
import { MakerCancellationsController } from '../cancellations/maker-cancellations.controller.js';
import { TakerCancellationsController } from '../cancellations/taker-cancellations.controller.js';
import { FillsController } from '../fills/fills.controller.js';
import { LocksController } from '../locks/locks.controller.js';
import { MakerOrdersController } from './maker-orders.controller.js';
import { TakerOrdersController } from './taker-orders.controller.js';

/** The HTTP calls on orders, their locks, fills and cancellations. */
@Module({
  imports: [TradingModule, AuthModule],
  controllers: [
    TakerOrdersController,
    LocksController,
    FillsController,
    TakerCancellationsController,
    MakerOrdersController,
    MakerCancellationsController,
  ],
})
export class OrdersModule {}
