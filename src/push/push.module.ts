import { Module } from '@nestjs/common';
import { EventsModule, EventTail } from '#events';
import { MetricsModule } from '#metrics';
import { TradingModule } from '#trading';
import { AuthModule } from '../auth/auth.module.js';
import { AccessWatch } from './access-watch.service.js';
import { PendingRequests } from './pending-requests.service.js';
import { PushMetrics } from './push-metrics.js';
import { PushServer } from './push-server.service.js';
import { PushedNotes } from './pushed-notes.service.js';
import { PushService } from './push.service.js';
import { SocketReplay } from './socket-replay.service.js';
import { UpgradeAuthorizer } from './upgrade-authorizer.service.js';

/** `WS /ws/taker/v1` and `WS /ws/maker/v1`. */
@Module({
  imports: [EventsModule, MetricsModule, TradingModule, AuthModule],
  providers: [
    EventTail,
    PushServer,
    PushService,
    PushMetrics,
    AccessWatch,
    PendingRequests,
    PushedNotes,
    SocketReplay,
    UpgradeAuthorizer,
  ],
})
export class PushModule {}
