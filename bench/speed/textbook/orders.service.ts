import {
  BadRequestException,
  ConflictException,
  ForbiddenException,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { orderTypedData } from '#client';
import { DataSource, type EntityManager, In, type ObjectLiteral } from 'typeorm';
import { hashTypedData, isAddressEqual, recoverTypedDataAddress, type Address } from 'viem';
import { settlement } from '../signed-orders.js';
import type { AnswerDto, CancelDto, LockDto, PlaceDto } from './dto.js';
import { CancellationRequest, Order, OrderEvent, type OrderStatus, type Taker } from './entities.js';

const HOUR_MS = 3_600_000;
const LOCK_MS = HOUR_MS;
const REQUEST_MS = 60_000;
const VALID_MS = 720 * HOUR_MS - 5 * 60_000;
const OPEN = ['requested', 'timed_out'] as const;

/** Each call reads with a pessimistic lock, changes the entities and saves them, in a transaction of its own. */
@Injectable()
export class OrdersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async place(wallet: string, { order: terms, signature }: PlaceDto): Promise<Order> {
    if (terms.maker.toLowerCase() !== wallet) throw new BadRequestException('not the maker');
    if (terms.deadline * 1000 < Date.now() + VALID_MS)
      throw new BadRequestException('the deadline is too near');
    const typed = orderTypedData(settlement, terms);
    const signer = await recoverTypedDataAddress({ ...typed, signature });
    if (!isAddressEqual(signer, wallet as Address)) throw new BadRequestException('wrong signature');
    const order_hash = hashTypedData(typed);
    return this.dataSource.transaction(async (manager) => {
      const { maker } = terms;
      if (await manager.existsBy(Order, [{ order_hash }, { maker, nonce: String(terms.nonce) }])) {
        throw new ConflictException('the nonce was used');
      }
      const values = { ...terms, deadline: String(terms.deadline), nonce: String(terms.nonce) };
      const order = await manager.save(manager.create(Order, { ...values, order_hash, signature }));
      await this.tell(manager, order, 'order_status_change', { from: null, to: 'pending' });
      return order;
    });
  }

  async lock(taker: Taker, dto: LockDto): Promise<Order> {
    requireAddress(taker, dto.taker_address);
    return this.dataSource.transaction(async (manager) => {
      const order = await this.find(manager, dto.order_hash);
      if (order.status !== 'pending') throw new ConflictException(`the order is ${order.status}`);
      const now = Date.now();
      const times = { locked_at: new Date(now), lock_expires_at: new Date(now + LOCK_MS) };
      Object.assign(order, { ...times, taker_id: taker.id });
      return this.change(manager, order, 'locked');
    });
  }

  /** Cancels a pending order; asks about a locked one. */
  async cancel(wallet: string, hash: string, dto: CancelDto): Promise<CancellationRequest | null> {
    return this.dataSource.transaction(async (manager) => {
      const order = await this.find(manager, hash);
      if (order.maker !== wallet) throw new NotFoundException('order not found');
      if (order.status === 'pending') {
        await this.change(manager, order, 'cancelled');
        return null;
      }
      if (order.status !== 'locked') throw new ConflictException(`the order is ${order.status}`);
      const open = await this.openRequest(manager, order);
      if (open) return open;
      const request = await manager.save(
        manager.create(CancellationRequest, {
          order_id: order.id,
          reason: dto.reason ?? 'user_requested',
          expires_at: new Date(Date.now() + REQUEST_MS),
        }),
      );
      await this.tell(manager, order, 'cancellation_request', { request_id: request.id });
      return request;
    });
  }

  async answer(taker: Taker, dto: AnswerDto): Promise<void> {
    requireAddress(taker, dto.taker_address);
    await this.dataSource.transaction(async (manager) => {
      const order = await this.find(manager, dto.order_hash);
      const now = new Date();
      if (order.status !== 'locked' || order.lock_expires_at! <= now)
        throw new ConflictException('not locked');
      if (order.taker_id !== taker.id) throw new ForbiddenException('not the holder');
      const request = await this.openRequest(manager, order);
      if (!request || (dto.request_id ?? request.id) !== request.id) throw new ConflictException('not asked');
      const status = dto.cancellation_success ? 'accepted' : 'rejected';
      const late = request.expires_at <= now;
      Object.assign(request, { status, message: dto.message, late, resolved_at: now });
      await manager.save(request);
      await this.tell(manager, order, 'cancellation_update', { request_id: request.id, status, late });
      if (!dto.cancellation_success) return;
      order.lock_expires_at = null;
      await this.change(
        manager,
        order,
        Number(order.deadline) * 1000 <= now.getTime() ? 'expired' : 'cancelled',
      );
    });
  }

  private async find(manager: EntityManager, hash: string): Promise<Order> {
    const where = { order_hash: hash.toLowerCase() };
    const order = await manager.findOne(Order, { where, lock: { mode: 'pessimistic_write' } });
    if (!order) throw new NotFoundException('order not found');
    return order;
  }

  private openRequest(manager: EntityManager, { id }: Order): Promise<CancellationRequest | null> {
    return manager.findOneBy(CancellationRequest, { order_id: id, status: In([...OPEN]) });
  }

  private async change(manager: EntityManager, order: Order, to: OrderStatus): Promise<Order> {
    const from = order.status;
    order.status = to;
    await this.tell(manager, order, 'order_status_change', { from, to });
    return manager.save(order);
  }

  private async tell(
    manager: EntityManager,
    { id }: Order,
    type: OrderEvent['type'],
    payload: ObjectLiteral,
  ): Promise<void> {
    await manager.insert(OrderEvent, { order_id: id, type, payload });
  }
}

function requireAddress({ address }: Taker, given: string): void {
  if (given.toLowerCase() !== address) throw new ForbiddenException('not an address of this taker');
}
