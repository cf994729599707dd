import { Module } from '@nestjs/common';
import { EventHistories } from './log/event-histories.js';
import { EventLog } from './log/event-log.js';
import { EventReplay } from './log/event-replay.js';

const services = [EventLog, EventReplay, EventHistories];

@Module({ providers: services, exports: services })
export class EventsModule {}
