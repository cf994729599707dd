import { Module } from '@nestjs/common';
import { EventsModule, EventTail, TailLag } from '#events';
import { MetricsModule } from '#metrics';
import { TradingModule } from '#trading';
import { AuthModule } from '../auth/auth.module.js';
import { AccessWatch } from './access-watch.service.js';
import { EventDelivery } from './event-delivery.service.js';
import { EventPages } from './event-pages.service.js';
import { MakerEventsController } from './maker-events.controller.js';
import { PushMetrics } from './push-metrics.js';
import { SocketReplay } from './socket-replay.service.js';
import { SocketServer } from './socket-server.service.js';
import { TakerEventsController } from './taker-events.controller.js';
import { UpgradeAuthorizer } from './upgrade-authorizer.service.js';

/** `WS /ws/taker/v1` and `WS /ws/maker/v1`; what they say as pages, and an order's history. */
@Module({
  imports: [EventsModule, MetricsModule, TradingModule, AuthModule],
  controllers: [TakerEventsController, MakerEventsController],
  providers: [
    EventTail,
    TailLag,
    EventPages,
    SocketServer,
    EventDelivery,
    PushMetrics,
    AccessWatch,
    SocketReplay,
    UpgradeAuthorizer,
  ],
})
export class PushModule {}
