import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { OrderEvent } from './order-event.entity.js';

export type NewOrderEvent = Omit<OrderEvent, 'seq' | 'xid'>;

/** Where changes are written down, and how the tail hears at once that there is something to read. */
@Injectable()
export class EventLog {
  private readonly pokes = new EventEmitter();

  /** Writes events in the transaction of their changes; they get their ids in the order given. */
  async append(manager: EntityManager, events: NewOrderEvent[]): Promise<void> {
    await manager.createQueryBuilder().insert().into(OrderEvent).values(events).updateEntity(false).execute();
  }

  /** To be called after a commit: the tail of this process need not wait for its next poll. */
  poke(): void {
    this.pokes.emit('poke');
  }

  onPoke(listener: () => void): void {
    this.pokes.on('poke', listener);
  }
}
