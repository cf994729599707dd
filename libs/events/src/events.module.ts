import { Module } from '@nestjs/common';
import { CommitSignal } from './bus/commit-signal.js';
import { EventHistories } from './audience/event-histories.js';
import { EventReplay } from './audience/event-replay.js';

const services = [CommitSignal, EventReplay, EventHistories];

@Module({ providers: services, exports: services })
export class EventsModule {}
