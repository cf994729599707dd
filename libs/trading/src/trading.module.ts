import { Module } from '@nestjs/common';
import { EventsModule } from '#events';
import { MetricsModule } from '#metrics';
import { CancellationQueries } from './cancellations/cancellation-queries.service.js';
import { CancellationService } from './cancellations/cancellation.service.js';
import { OpenRequests } from './cancellations/open-requests.service.js';
import { PushReceipts } from './cancellations/push-receipts.service.js';
import { UsualAnswers } from './cancellations/usual-answers.service.js';
import { Chain } from './chain/chain.service.js';
import { MakerFundsService } from './chain/maker-funds.service.js';
import { WalletSignatures } from './chain/wallet-signatures.service.js';
import { FillQueries } from './fills/fill-queries.service.js';
import { FillService } from './fills/fill.service.js';
import { LockService } from './locks/lock.service.js';
import { MakerLogins } from './makers/maker-logins.service.js';
import { MakersService } from './makers/makers.service.js';
import { ChangeMetrics } from './metrics/change-metrics.js';
import { GroupMetrics } from './metrics/group-metrics.js';
import { OperatorService } from './operator/operator.service.js';
import { Capacity } from './order-writing/capacity.service.js';
import { OrderWriter } from './order-writing/order-writer.js';
import { OrderHistoryService } from './orders/order-history.service.js';
import { OrderPlacementService } from './orders/order-placement.service.js';
import { OrderQueries } from './orders/order-queries.service.js';
import { OrderValidationService } from './orders/order-validation.service.js';
import { ApiKeysService } from './takers/api-keys.service.js';
import { TakersService } from './takers/takers.service.js';
import { UsedSignatures } from './takers/used-signatures.service.js';

const services = [
  ChangeMetrics,
  GroupMetrics,
  OrderWriter,
  Capacity,
  OrderPlacementService,
  OrderValidationService,
  Chain,
  MakerFundsService,
  WalletSignatures,
  OrderQueries,
  LockService,
  UsualAnswers,
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
  UsedSignatures,
];

/** The domain, over whichever DataSource the application has. */
@Module({ imports: [EventsModule, MetricsModule], providers: services, exports: services })
export class TradingModule {}
