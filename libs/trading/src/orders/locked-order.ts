import { newId } from '#database';
import type { Actor, NewOrderEvent, OrderEventPayload, Traced } from '#events';
import {
  CancellationRequest,
  isOpen,
  type ResolvedBy,
} from '../cancellations/cancellation-request.entity.js';
import type { DueStep } from '../due/due-steps.js';
import type { Fill } from '../fills/fill.entity.js';
import { secondsAfter } from '../seconds-after.js';
import { BrokenInvariantError } from '../trading-error.js';
import { assertMayFollow, type OrderStatus } from './order-status.js';
import { Order } from './order.entity.js';

type EventFields = Pick<NewOrderEvent, 'type'> &
  Partial<Pick<NewOrderEvent, 'from_status' | 'to_status' | 'request_id'>>;

export interface Lock {
  lock_id: string;
  locked_by: string;
  locked_taker_id: string;
  locked_at: Date;
  lock_expires_at: Date;
}

/** A lock that ended; the order keeps who held it last. */
const NO_LOCK = { lock_id: null, lock_expires_at: null };

/** How an open request ends. */
export interface RequestEnd {
  status: 'accepted' | 'rejected';
  resolved_by: ResolvedBy;
  /** The taker's words; only an answer has them. */
  message?: string;
}

/** What a transaction changed of one order. */
export interface Changes {
  order: Order;
  /** The order's version that was read. */
  readVersion: number;
  /** The request that is new or was changed. */
  request: { row: CancellationRequest; isNew: boolean } | null;
  fill: Fill | null;
  events: NewOrderEvent[];
}

/**
 * One order in one transaction, its row locked. The verbs change the order and its open request in memory, with
 * an event for each change; `changes` is what is to be written of it, at once.
 */
export class LockedOrder {
  private readonly events: NewOrderEvent[] = [];
  private readonly readVersion: number;
  /** The order's open request. A verb may end it; it stays here, to be written. */
  private request: CancellationRequest | null;
  private requestIsNew = false;
  private requestChanged = false;
  private newFill: Fill | null = null;

  constructor(
    readonly order: Order,
    /** Those that it is asked about: the open one, the latest to each address, and the one that a call names. */
    private readonly requests: readonly CancellationRequest[],
    /** The order's fill, if it has one. */
    readonly fillOfOrder: Fill | null,
    /** The database's clock once the row was locked. */
    readonly now: Date,
  ) {
    this.readVersion = order.version;
    this.request = requests.find(isOpen) ?? null;
  }

  get openRequest(): CancellationRequest | null {
    return this.request && isOpen(this.request) ? this.request : null;
  }

  /** The request of this id to a taker's address, or without id the latest one to it. */
  requestTo(takerAddress: string, requestId?: string): CancellationRequest | undefined {
    return this.requests
      .filter(({ id, taker_address }) => taker_address === takerAddress && (!requestId || id === requestId))
      .toSorted((a, b) => b.order_version - a.order_version)[0];
  }

  /** When the holder of the live lock last refused to cancel. */
  get refusedAt(): Date | null {
    const refusals = this.requests.flatMap(({ lock_id, status, resolved_at }) =>
      lock_id === this.order.lock_id && status === 'rejected' ? resolved_at! : [],
    );
    return refusals.toSorted((a, b) => b.getTime() - a.getTime())[0] ?? null;
  }

  lock(lock: Lock, actor: Actor): void {
    Object.assign(this.order, lock);
    this.transition('locked', actor, { expires_at: lock.lock_expires_at, lock_id: lock.lock_id });
  }

  /** Lets the lock live longer, for its holder. */
  extend(expiresAt: Date, actor: Actor): void {
    this.order.lock_expires_at = expiresAt;
    const { lock_id } = this.order;
    this.transition('locked', actor, { cause: 'extend', expires_at: expiresAt, lock_id });
  }

  /** Ends the lock, if there is one, and moves the order on. */
  release(to: OrderStatus, actor: Actor, metadata: Record<string, unknown>): void {
    this.transition(to, actor, metadata);
    Object.assign(this.order, NO_LOCK);
  }

  /** Freezes the order with its lock and its open request. */
  suspend(reason: string, actor: Actor): void {
    this.setNotes(reason);
    this.transition('suspended', actor, { cause: 'suspend', lock_id: this.order.lock_id, reason });
  }

  /** Lets the holder of a suspended order's lock go on. */
  giveBack(actor: Actor, metadata: Record<string, unknown>): void {
    this.transition('locked', actor, { ...metadata, expires_at: this.order.lock_expires_at });
  }

  /** What a person should know of the change that is being made. */
  setNotes(notes: string | null): void {
    this.order.notes = notes;
  }

  /** Asks the holder of the lock to cancel: a new request; or the open one once more, with its own reason and a new time-out. */
  ask(given: string, timeoutSeconds: number, actor: Actor): CancellationRequest {
    const expiresAt = secondsAfter(this.now, timeoutSeconds);
    if (this.openRequest) {
      Object.assign(this.openRequest, { status: 'requested', expires_at: expiresAt });
    } else {
      this.request = this.newRequest(given, expiresAt);
      this.requestIsNew = true;
    }
    const request = this.request!;
    this.requestChanged = true;
    const { reason, taker_address: taker } = request;
    const payload = { taker, reason, expires_at: expiresAt.toISOString() };
    this.addEvent({ type: 'cancellation_request', request_id: request.id }, payload, actor);
    return request;
  }

  /** Closes the order by a trade; an open request has lost the race. */
  fill(fill: Fill, actor: Actor): void {
    if (this.openRequest) this.endRequest({ status: 'rejected', resolved_by: 'fill' }, actor);
    this.newFill = fill;
    this.order.filled_quantity = fill.fill_quantity;
    const { lock_id } = this.order;
    const { status, fill_quantity, tx_hash, reference_id } = fill;
    const metadata = { cause: 'fill', lock_id, fill_quantity, tx_hash, reference_id };
    this.release(status, actor, metadata);
  }

  endRequest(end: RequestEnd, actor: Actor): void {
    const request = this.openRequest;
    if (!request) throw new BrokenInvariantError(`order ${this.order.id} has no open request to resolve`);
    const { message = null, ...ending } = end;
    const late = end.resolved_by === 'answer' && request.status === 'timed_out';
    Object.assign(request, { ...ending, message, late, resolved_at: this.now });
    this.addUpdate(request, actor);
  }

  /** Writes down what time has changed, as a part of the trace in which it was found due. */
  apply(step: DueStep, { traceparent }: Traced): void {
    const timer: Actor = { kind: 'timer', traceparent };
    switch (step.kind) {
      case 'request_times_out':
        this.openRequest!.status = 'timed_out';
        this.addUpdate(this.openRequest!, timer);
        break;
      case 'lock_runs_out': {
        if (this.openRequest) this.endRequest({ status: 'accepted', resolved_by: 'lock_expiry' }, timer);
        this.release(step.to, timer, { cause: 'lock_expiry', lock_id: this.order.lock_id });
        break;
      }
      case 'deadline_passes':
        this.transition('expired', timer, { cause: 'deadline' });
        break;
    }
  }

  /** What the verbs changed, if they changed anything. */
  get changes(): Changes | undefined {
    const { order, readVersion, events, newFill: fill } = this;
    if (events.length === 0) return undefined;
    const request = this.requestChanged ? { row: this.request!, isNew: this.requestIsNew } : null;
    return { order, readVersion, request, fill, events };
  }

  private transition(to: OrderStatus, actor: Actor, metadata: Record<string, unknown>): void {
    const from = this.order.status;
    assertMayFollow(from, to);
    this.order.status = to;
    const change = { type: 'order_status_change', from_status: from, to_status: to } as const;
    this.addEvent(change, { taker: this.isHeld ? this.order.locked_by : null, metadata }, actor);
  }

  private get isHeld(): boolean {
    return this.order.lock_id !== null;
  }

  private addUpdate(request: CancellationRequest, actor: Actor): void {
    this.requestChanged = true;
    const { status, resolved_by, late, message } = request;
    const payload = { status, resolved_by, late, message };
    this.addEvent({ type: 'cancellation_update', request_id: request.id }, payload, actor);
  }

  private addEvent(fields: EventFields, payload: OrderEventPayload, actor: Actor): void {
    this.order.version += 1;
    this.order.updated_at = this.now;
    this.events.push({
      from_status: null,
      to_status: null,
      request_id: null,
      ...fields,
      order_id: this.order.id,
      order_hash: this.order.order_hash,
      version: this.order.version,
      maker: this.order.maker,
      taker_id: this.isHeld ? this.order.locked_taker_id : null,
      actor,
      payload,
      created_at: this.now,
    });
  }

  private newRequest(reason: string, expiresAt: Date): CancellationRequest {
    return Object.assign(new CancellationRequest(), {
      id: newId(),
      order_id: this.order.id,
      order_version: this.order.version + 1,
      lock_id: this.order.lock_id,
      taker_id: this.order.locked_taker_id,
      taker_address: this.order.locked_by,
      reason,
      status: 'requested',
      resolved_by: null,
      late: false,
      message: null,
      requested_at: this.now,
      expires_at: expiresAt,
      pushed_at: null,
      resolved_at: null,
    });
  }
}
