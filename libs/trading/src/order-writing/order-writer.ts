import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { changedOtherRowCount, isDatabaseAway, Transaction, violatesUnique } from '#database';
import { type Actor, CommitSignal, type Traced } from '#events';
import { type Tracer, TRACER } from '#tracing';
import { DataSource } from 'typeorm';
import { dueSteps } from '../due/due-steps.js';
import { ChangeMetrics } from '../metrics/change-metrics.js';
import { QueueMetrics } from '../metrics/queue-metrics.js';
import type { Changes, LockedOrder } from '../orders/locked-order.js';
import { assertConsistent } from '../orders/order-consistency.js';
import { mayFollow } from '../orders/order-status.js';
import { NOTES_MAX, type OrderReference } from '../orders/order.entity.js';
import { nameOf, orderNotFound } from '../orders/refusals.js';
import { BrokenInvariantError } from '../trading-error.js';
import { BATCH_CALLS, CONNECTIONS } from './capacity.js';
import { CallQueue, type QueuedCall } from './call-queue.js';
import { traceBatch } from './call-traces.js';
import { OrderStore } from './order-store.js';

const IN_BATCHES = { maxBatch: BATCH_CALLS, maxInFlight: CONNECTIONS.batches };
/**
 * Calls of a batch that failed, and those whose order's row another transaction has locked: each in a transaction of its
 * own, which waits for the row.
 */
const ONE_BY_ONE = { maxBatch: 1, maxInFlight: CONNECTIONS.singles };

interface Call extends QueuedCall {
  reference: OrderReference;
  by: Actor;
  act: (locked: LockedOrder) => unknown;
  /** Whether it waits for an order whose row another transaction has locked. */
  mayWait: boolean;
  resolve: (result: unknown) => void;
}

/** What became of a call in a transaction. */
type Outcome =
  | { kind: 'done'; result: unknown; changes: Changes | undefined }
  | { kind: 'refused'; error: unknown }
  /** What was due is written; the call is to be tried again. */
  | { kind: 'settled'; changes: Changes }
  /** A call before it in the same transaction was given its order, or changed it; what that wrote is to be read first. */
  | { kind: 'again' }
  /** Its order was locked by somebody, or there is none. */
  | { kind: 'not locked' };

/**
 * The one way to change an order: its row is locked, what time has made due is written first, then the call acts.
 *
 * Calls that come at the same time share a transaction, in which each order is changed by one call at most; what one is
 * refused or breaks leaves the others as they are. What is due is committed first and the call starts over, so that a
 * refused call leaves nothing of its own. An order whose data contradicts itself is suspended, for a person to look at;
 * the call fails nonetheless.
 */
@Injectable()
export class OrderWriter {
  private readonly logger = new Logger(OrderWriter.name);
  private readonly batches = new CallQueue<Call>(IN_BATCHES, (calls) => this.carryOut(calls, false));
  private readonly singles = new CallQueue<Call>(ONE_BY_ONE, (calls) => this.carryOut(calls, true));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly store: OrderStore,
    private readonly commits: CommitSignal,
    private readonly metrics: ChangeMetrics,
    private readonly queueMetrics: QueueMetrics,
    @Optional() @Inject(TRACER) private readonly tracer?: Tracer,
  ) {}

  /** Runs `act` on the locked order and writes what it changed; it sees the order as if it were alone. */
  async onOrder<T>(reference: OrderReference, by: Actor, act: (locked: LockedOrder) => T): Promise<T> {
    return (await this.submit({ reference, by, act, mayWait: true })) as T;
  }

  /**
   * Writes what is due on an order, and nothing else. Returns false when another transaction has the row: a call, or
   * another worker, which settles it itself.
   */
  async settle(reference: OrderReference): Promise<boolean> {
    const span = this.tracer?.begin('settle order', undefined);
    const by: Actor = { kind: 'timer', traceparent: span?.traceparent };
    try {
      const isSettled = (await this.submit({ reference, by, act: () => true, mayWait: false })) as boolean;
      span?.end();
      return isSettled;
    } catch (error) {
      span?.end(error);
      throw error;
    }
  }

  private async submit(call: Pick<Call, 'reference' | 'by' | 'act' | 'mayWait'>): Promise<unknown> {
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.batches.submit({ ...call, waitingSince: 0, resolve, reject });
      });
    } catch (error) {
      const broken = asBrokenInvariant(error);
      if (!broken) throw error;
      await this.suspendBroken(call, broken);
      throw broken;
    }
  }

  private async carryOut(calls: Call[], mayWait: boolean): Promise<void> {
    const begun = performance.now();
    for (const { waitingSince } of calls) this.queueMetrics.waited((begun - waitingSince) / 1000);
    const span = this.tracer && traceBatch(this.tracer, calls);
    let outcomes: Outcome[];
    try {
      outcomes = await Transaction.run(this.dataSource, (tx) => this.attempt(tx, calls, mayWait), span);
    } catch (error) {
      // whether a transaction was committed whose connection is lost nobody knows: only its caller may try again
      if (calls.length === 1 || isDatabaseAway(error)) calls.forEach(({ reject }) => reject(error));
      else calls.forEach((call) => this.singles.submit(call));
      return;
    }
    this.queueMetrics.committed(calls.length);
    this.announce(changesIn(outcomes));
    outcomes.forEach((outcome, index) => this.conclude(calls[index]!, outcome, mayWait));
  }

  private async attempt(tx: Transaction, calls: Call[], mayWait: boolean): Promise<Outcome[]> {
    const references = calls.map(({ reference }) => reference);
    const found = await this.store.lock(tx, references, mayWait);
    const orders = new Map<string, LockedOrder>();
    /** What a call was given is its own: the next one on the same order is to read it anew. */
    const given = new Set<LockedOrder>();
    for (const locked of found) orders.set(locked.order.id, locked).set(locked.order.order_hash, locked);
    const outcomes = calls.map(({ reference, act, by }): Outcome => {
      const locked = orders.get('id' in reference ? reference.id : reference.order_hash);
      if (!locked) return { kind: 'not locked' };
      if (given.has(locked)) return { kind: 'again' };
      const outcome = outcomeOf(locked, act, by);
      if (outcome.kind === 'done') given.add(locked);
      return outcome;
    });
    const changes = changesIn(outcomes);
    if (changes.length > 0) await this.store.commit(tx, changes);
    return outcomes;
  }

  private conclude(call: Call, outcome: Outcome, mayWait: boolean): void {
    switch (outcome.kind) {
      case 'done':
        call.resolve(outcome.result);
        break;
      case 'refused':
        call.reject(outcome.error);
        break;
      case 'again':
      case 'settled':
        // ends: of the calls on an order one gets on with each batch, and what is settled is past every due time before
        this.batches.submit(call);
        break;
      case 'not locked':
        if (mayWait) call.reject(orderNotFound(call.reference));
        else if (!call.mayWait) call.resolve(false);
        else this.singles.submit(call);
    }
  }

  /** Tells of what is committed. */
  private announce(changes: Changes[]): void {
    if (changes.length === 0) return;
    for (const change of changes) this.metrics.count(change);
    this.commits.poke();
  }

  /** Tried once; when it fails as well, the caller still learns of the first failure. */
  private async suspendBroken(
    { reference, by }: Pick<Call, 'reference' | 'by'>,
    { message }: BrokenInvariantError,
  ): Promise<void> {
    const order = nameOf(reference);
    this.logger.error(`the order of ${order} contradicts itself and is to be suspended: ${message}`);
    try {
      const changes = await Transaction.run(this.dataSource, async (tx) => {
        const [locked] = await this.store.lock(tx, [reference], true);
        if (!locked || !mayFollow(locked.order.status, 'suspended')) return [];
        locked.suspend(message.slice(0, NOTES_MAX), {
          kind: 'service',
          ...('http_request_id' in by && { http_request_id: by.http_request_id }),
        });
        await this.store.commit(tx, [locked.changes!]);
        return [locked.changes!];
      });
      this.announce(changes);
    } catch (error) {
      this.logger.error(`the order of ${order} could not be suspended: ${(error as Error).message}`);
    }
  }
}

function changesIn(outcomes: Outcome[]): Changes[] {
  return outcomes.flatMap((outcome) => ('changes' in outcome ? (outcome.changes ?? []) : []));
}

/** Writes down what is due, or else lets the call act; a call that fails has changed nothing. */
export function outcomeOf(locked: LockedOrder, act: Call['act'], by: Traced): Outcome {
  if (locked.changes) return { kind: 'again' };
  try {
    if (locked.order.status !== 'suspended') assertConsistent(locked.order, locked.openRequest);
    const due = dueSteps(locked.order, locked.openRequest, locked.now);
    if (due.length > 0) {
      due.forEach((step) => locked.apply(step, by));
      return { kind: 'settled', changes: locked.changes! };
    }
    return { kind: 'done', result: act(locked), changes: locked.changes };
  } catch (error) {
    return { kind: 'refused', error };
  }
}

/** A change writes rows that only one change can write, by the order's version: a duplicate, or none, is a contradiction. */
function asBrokenInvariant(error: unknown): BrokenInvariantError | undefined {
  if (error instanceof BrokenInvariantError) return error;
  if (!violatesUnique(error) && !changedOtherRowCount(error)) return undefined;
  return new BrokenInvariantError((error as Error).message, { cause: error });
}
