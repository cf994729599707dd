import { Module } from '@nestjs/common';
import { EventLog } from './event-log.js';
import { EventReplay } from './event-replay.js';
import { EventTail } from './event-tail.js';

@Module({ providers: [EventLog, EventTail, EventReplay], exports: [EventLog, EventTail, EventReplay] })
export class EventsModule {}
