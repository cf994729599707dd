import { Module } from '@nestjs/common';
import { EventLog } from './event-log.js';
import { EventTail } from './event-tail.js';

@Module({ providers: [EventLog, EventTail], exports: [EventLog, EventTail] })
export class EventsModule {}
