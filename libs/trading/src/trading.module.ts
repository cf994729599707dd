import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { provideRepository } from '#database';
import { EventsModule } from '#events';
import { MetricsModule } from '#metrics';
import { CancellationQueries } from './cancellations/cancellation-queries.service.js';
import { CancellationRequest } from './cancellations/cancellation-request.entity.js';
import { CancellationService } from './cancellations/cancellation.service.js';
import { OpenRequests } from './cancellations/open-requests.service.js';
import { PushReceipts } from './cancellations/push-receipts.service.js';
import { Chain } from './chain/chain.service.js';
import { MakerFundsService } from './chain/maker-funds.service.js';
import { WalletSignatures } from './chain/wallet-signatures.service.js';
import { Fill } from './fills/fill.entity.js';
import { FillQueries } from './fills/fill-queries.service.js';
import { FillService } from './fills/fill.service.js';
import { LockService } from './locks/lock.service.js';
import { MakerLogins } from './makers/maker-logins.service.js';
import { MakersService } from './makers/makers.service.js';
import { ChangeMetrics } from './metrics/change-metrics.js';
import { QueueMetrics } from './metrics/queue-metrics.js';
import { OperatorService } from './operator/operator.service.js';
import { AccountLimits } from './order-writing/account-limits.service.js';
import { CancellationRequestRepository } from './order-writing/cancellation-request.repository.js';
import { FillRepository } from './order-writing/fill.repository.js';
import { OrderStore } from './order-writing/order-store.js';
import { OrderWriter } from './order-writing/order-writer.js';
import { OrderRepository } from './order-writing/order.repository.js';
import { FormerTaker } from './orders/former-taker.entity.js';
import { OrderHistoryService } from './orders/order-history.service.js';
import { OrderPlacementService } from './orders/order-placement.service.js';
import { OrderQueries } from './orders/order-queries.service.js';
import { Order } from './orders/order.entity.js';
import { OrderValidationService } from './orders/order-validation.service.js';
import { AcceptedKeys } from './takers/accepted-keys.service.js';
import { ApiKeysService } from './takers/api-keys.service.js';
import { TakersService } from './takers/takers.service.js';
import { UsedSignatures } from './takers/used-signatures.service.js';

const repositories = [
  provideRepository(OrderRepository, Order),
  provideRepository(CancellationRequestRepository, CancellationRequest),
  provideRepository(FillRepository, Fill),
];
const services = [
  ChangeMetrics,
  QueueMetrics,
  OrderStore,
  OrderWriter,
  AccountLimits,
  OrderPlacementService,
  OrderValidationService,
  Chain,
  MakerFundsService,
  WalletSignatures,
  OrderQueries,
  LockService,
  CancellationService,
  CancellationQueries,
  OpenRequests,
  PushReceipts,
  FillService,
  FillQueries,
  MakersService,
  MakerLogins,
  OperatorService,
  OrderHistoryService,
  TakersService,
  ApiKeysService,
  AcceptedKeys,
  UsedSignatures,
];

/** The domain, over whichever DataSource the application has. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Order, FormerTaker, CancellationRequest, Fill]),
    EventsModule,
    MetricsModule,
  ],
  providers: [...repositories, ...services],
  exports: [...repositories, ...services],
})
export class TradingModule {}
