import { ConflictException, ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { OrderEvent } from '#events';
import { type ApiKey, CancellationRequest, OPEN_STATUSES, Order } from '#trading';
import { DataSource, In } from 'typeorm';
import type { AnswerDto } from './answer.dto.js';

@Injectable()
export class AnswersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Reads with a pessimistic lock, changes the entities, saves them: one transaction an answer. */
  async answer(key: ApiKey, dto: AnswerDto): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const order = await manager.findOne(Order, {
        where: { order_hash: dto.order_hash.toLowerCase() },
        lock: { mode: 'pessimistic_write' },
      });
      if (!order) throw new NotFoundException('order not found');
      if (order.locked_taker_id !== key.taker_id) throw new ForbiddenException('not the holder');
      const request = await manager.findOneBy(CancellationRequest, {
        order_id: order.id,
        status: In([...OPEN_STATUSES]),
      });
      if (order.status !== 'locked' || !request) throw new ConflictException('nothing to answer');
      const now = new Date();
      const { message, cancellation_success: cancel } = dto;
      const late = request.expires_at < now;
      const status = cancel ? 'accepted' : 'rejected';
      Object.assign(request, { status, resolved_by: 'answer', message, late, resolved_at: now });
      await manager.save(request);
      const { order_hash, maker, lock_id, locked_by } = order;
      const common = {
        order_id: order.id,
        order_hash,
        maker,
        taker_id: key.taker_id,
        actor: { kind: 'taker', taker_id: key.taker_id, key_id: key.id } as const,
        created_at: now,
      };
      order.version += 1;
      order.updated_at = now;
      await manager.insert(OrderEvent, {
        ...common,
        version: order.version,
        type: 'cancellation_update',
        request_id: request.id,
        payload: { status, resolved_by: 'answer', late, message },
      });
      if (cancel) {
        order.version += 1;
        Object.assign(order, { status: 'cancelled', lock_id: null, lock_expires_at: null });
        await manager.insert(OrderEvent, {
          ...common,
          version: order.version,
          type: 'order_status_change',
          from_status: 'locked',
          to_status: 'cancelled',
          payload: { taker: locked_by, metadata: { cause: 'cancellation_accepted', lock_id } },
        });
      }
      await manager.save(order);
    });
  }
}
