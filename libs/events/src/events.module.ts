import { Module } from '@nestjs/common';
import { EventHistories } from './event-histories.js';
import { EventLog } from './event-log.js';
import { EventReplay } from './event-replay.js';

const services = [EventLog, EventReplay, EventHistories];

@Module({ providers: services, exports: services })
export class EventsModule {}
