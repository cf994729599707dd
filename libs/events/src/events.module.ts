import { Module } from '@nestjs/common';
import { EventLog } from './event-log.js';
import { EventReplay } from './event-replay.js';

@Module({ providers: [EventLog, EventReplay], exports: [EventLog, EventReplay] })
export class EventsModule {}
