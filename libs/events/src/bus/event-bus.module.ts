import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from '#config';
import { EventsModule } from '../events.module.js';
import { EventBus } from './event-bus.js';
import { NatsBus } from './nats/nats-bus.js';
import { PostgresBus } from './postgres/postgres-bus.js';

/** For processes that go on running: the API and the worker. */
@Module({})
export class EventBusModule {
  static with({ EVENT_BUS }: Settings): DynamicModule {
    return {
      module: EventBusModule,
      global: true,
      imports: [EventsModule],
      providers: [{ provide: EventBus, useClass: EVENT_BUS === 'nats' ? NatsBus : PostgresBus }],
      exports: [EventBus],
    };
  }
}
