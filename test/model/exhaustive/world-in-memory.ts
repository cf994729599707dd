import { readEnvironment, type Settings } from '#config';
import type { Actor, NewOrderEvent } from '#events';
import {
  CancellationService,
  AccountLimits,
  Chain,
  FillService,
  LockedOrder,
  LockService,
  OperatorService,
  outcomeOf,
  type OrderWriter,
  WalletSignatures,
} from '#trading';
import { MODEL_SETTINGS } from '../order-model.js';
import type { Rows } from './rows.js';

/** What is written at once. */
export interface Commit {
  before: Rows;
  after: Rows;
  /** The version that was read. */
  readVersion: number;
  events: NewOrderEvent[];
  now: Date;
}

/** Hands the order out to the services' own rules as `OrderWriter` does, and keeps in memory what they write. */
class OrderInMemory implements Pick<OrderWriter, 'onOrder'> {
  rows!: Rows;
  now!: Date;
  commits: Commit[] = [];

  async onOrder<T>(_order: unknown, by: Actor, act: (locked: LockedOrder) => T): Promise<T> {
    for (;;) {
      const { order, requests, fill } = this.rows;
      const copies = requests.map((request) => ({ ...request }));
      const locked = new LockedOrder({ ...order }, copies, fill, this.now);
      const outcome = outcomeOf(locked, act, by);
      if (outcome.kind === 'refused') throw outcome.error;
      this.write(locked);
      if (outcome.kind === 'done') return outcome.result as T;
    }
  }

  private write({ changes }: LockedOrder): void {
    if (!changes) return;
    const { order, request, fill, readVersion, events } = changes;
    const before = this.rows;
    const requests = before.requests.map((each) => (each.id === request?.row.id ? request.row : each));
    if (request?.isNew) requests.push(request.row);
    this.rows = { order, requests, fill: fill ?? before.fill };
    this.commits.push({ before, after: this.rows, readVersion, events, now: this.now });
  }
}

/** The services over one order in memory, at a moment that can be chosen. */
export class WorldInMemory {
  private readonly order = new OrderInMemory();
  readonly cancellations: CancellationService;
  readonly locks: LockService;
  readonly fills: FillService;
  readonly operator: OperatorService;

  constructor() {
    const settings = readEnvironment({ ...MODEL_SETTINGS, MAX_LOCKS_PER_TAKER: '0' }) as Settings;
    const orders = this.order as Pick<OrderWriter, 'onOrder'> as OrderWriter;
    const limits = new AccountLimits();
    this.cancellations = new CancellationService(orders, settings);
    this.locks = new LockService(orders, undefined as never, limits, settings);
    this.fills = new FillService(orders, new WalletSignatures(new Chain(settings)), settings);
    this.operator = new OperatorService(orders);
  }

  /** What the worker does when it comes by. */
  settle(): Promise<unknown> {
    return this.order.onOrder(undefined, { kind: 'timer' }, () => true);
  }

  /** Goes to a state, takes a step there, and tells what was written. */
  async play<T>(
    rows: Rows,
    now: number,
    step: () => Promise<T>,
  ): Promise<{ heard: T; rows: Rows; commits: Commit[] }> {
    Object.assign(this.order, { rows, now: new Date(now), commits: [] });
    const heard = await step();
    return { heard, rows: this.order.rows, commits: this.order.commits };
  }
}
