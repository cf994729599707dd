import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { provideRepository } from '#database';
import { EventHistories } from './audience/event-histories.js';
import { EventReplay } from './audience/event-replay.js';
import { CommitSignal } from './bus/commit-signal.js';
import { OrderEvent } from './log/order-event.entity.js';
import { OrderEventRepository } from './log/order-event.repository.js';

const services = [
  CommitSignal,
  EventReplay,
  EventHistories,
  provideRepository(OrderEventRepository, OrderEvent),
];

@Module({
  imports: [TypeOrmModule.forFeature([OrderEvent])],
  providers: services,
  exports: services,
})
export class EventsModule {}
