import { Module } from '@nestjs/common';
import { EventsModule, EventTail } from '#events';
import { MetricsModule } from '#metrics';
import { TradingModule } from '#trading';
import { AuthModule } from '../auth/auth.module.js';
import { AccessWatch } from './access-watch.service.js';
import { EventPages } from './event-pages.service.js';
import { MakerEventsController } from './maker-events.controller.js';
import { PushMetrics } from './push-metrics.js';
import { PushServer } from './push-server.service.js';
import { PushService } from './push.service.js';
import { SocketReplay } from './socket-replay.service.js';
import { TakerEventsController } from './taker-events.controller.js';
import { UpgradeAuthorizer } from './upgrade-authorizer.service.js';

/** `WS /ws/taker/v1` and `WS /ws/maker/v1`; what they say as pages, and an order's history. */
@Module({
  imports: [EventsModule, MetricsModule, TradingModule, AuthModule],
  controllers: [TakerEventsController, MakerEventsController],
  providers: [
    EventTail,
    EventPages,
    PushServer,
    PushService,
    PushMetrics,
    AccessWatch,
    SocketReplay,
    UpgradeAuthorizer,
  ],
})
export class PushModule {}
