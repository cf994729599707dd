import {
  type CancellationRequest,
  createTaker,
  type Data,
  isFinal,
  type OrderStatusChange,
  type Session,
  type Taker,
  termsOf,
  type Verdict,
} from '#client';
import type { Installation } from './installation.js';
import type { Pace } from './pace.js';
import { stay } from './presence.js';

type Order = Data<'getTakerOrder'>;
type Deed = (order: Order) => Promise<unknown>;

/** What becomes of an order once it is locked. */
interface Course {
  /** As the service has it when left out. */
  lockSeconds?: number;
  /** Ends the order without being asked. */
  trade?: Deed;
  /** Comes before the answer to its maker's request to cancel. */
  beforeAnswer?: Deed;
  verdict: Verdict;
  afterAnswer?: Deed;
}

const MAGIC = /^([2-9])(0*)$/;
const YES: Verdict = { cancel: true, message: 'Not traded yet' };
const NO: Verdict = { cancel: false, message: 'Already trading' };

export interface TakerAccess {
  address: string;
  apiKey: string;
}

/** Acts on orders by their quantity, a digit and zeros, and leaves every other order alone. */
export class SimulatedTaker {
  private readonly client: Taker;
  private presence: Promise<void> | undefined;

  constructor(
    access: TakerAccess,
    private readonly installation: Installation,
    private readonly pace: Pace,
    private readonly report: (problem: unknown) => void,
  ) {
    this.client = createTaker({ url: installation.url, ...access });
  }

  /** Resolves when it is there for the first time, rejects when it is refused then. */
  async start(): Promise<void> {
    const session = await this.enter(undefined);
    this.presence = stay((after) => this.enter(after), this.pace, this.report, session);
  }

  /** Resolves when it has gone, after the end of the sandbox. */
  async gone(): Promise<void> {
    await this.presence;
  }

  private enter(after: string | undefined): Promise<Session> {
    return this.client.listen({
      onOrderStatusChange: (change) => this.consider(change),
      onCancellationRequest: (request) => this.answer(request),
      onAnswered: ({ request }) => this.goOn(request),
      onProblem: this.report,
      after,
      signal: this.pace.signal,
    });
  }

  private async consider({ order_hash, from_status }: OrderStatusChange): Promise<void> {
    if (from_status !== null) return; // one that was let go of once is left to others
    const order = await this.read(order_hash);
    const course = this.courseOf(order);
    if (!course) return;
    const { lockSeconds, trade } = course;
    await this.pace.steps(1);
    await this.pace.persist(() =>
      this.client.lock({ order_hash, ...(lockSeconds && { lock_duration: lockSeconds }) }),
    );
    if (!trade) return;
    await this.pace.steps(1);
    await this.pace.persist(() => trade(order));
  }

  /** What fails in passing, the session asks for again. */
  private async answer({ order_hash }: CancellationRequest): Promise<Verdict> {
    const order = await this.client.order(order_hash);
    const { beforeAnswer, verdict } = this.courseOf(order) ?? { verdict: NO };
    try {
      await beforeAnswer?.(order);
    } catch (error) {
      // what can never be done changes nothing in the answer
      if (!isFinal(error)) throw error;
      this.report(error);
    }
    return verdict;
  }

  private async goOn({ order_hash }: CancellationRequest): Promise<void> {
    const order = await this.read(order_hash);
    await this.courseOf(order)?.afterAnswer?.(order);
  }

  private read(order_hash: string): Promise<Order> {
    return this.pace.persist(() => this.client.order(order_hash));
  }

  private courseOf({ quantity }: Order): Course | undefined {
    const [, digit, zeros] = MAGIC.exec(quantity) ?? [];
    switch (digit) {
      case '2':
        return { trade: (order) => this.fill(order, half(order)), verdict: NO };
      case '3':
        return { trade: (order) => this.reject(order), verdict: NO };
      case '4':
        return { beforeAnswer: (order) => this.fill(order, half(order)), verdict: NO };
      case '5':
        return { verdict: YES };
      case '6':
        return { trade: (order) => this.fill(order, order.quantity), verdict: NO };
      case '7':
        return this.acceptance(zeros!.length);
      case '8':
        return { verdict: NO, afterAnswer: (order) => this.fillInTime(order) };
      case '9':
        return { beforeAnswer: (order) => this.silence(order), verdict: NO };
    }
    return undefined;
  }

  /** The ways to give an order up, by the zeros of its quantity. */
  private acceptance(zeros: number): Course {
    switch (zeros) {
      case 2:
        return {
          beforeAnswer: () => this.timeOut(),
          verdict: { ...YES, message: 'Sorry, late: not traded' },
        };
      case 3:
        return { beforeAnswer: ({ order_hash }) => this.client.unlock({ order_hash }), verdict: YES };
      case 4: {
        const { lock_max_seconds } = this.installation.config;
        return {
          lockSeconds: Math.min(Math.ceil(this.pace.patienceMs / 1000), lock_max_seconds),
          beforeAnswer: (order) => this.silence(order),
          verdict: YES,
        };
      }
    }
    return { verdict: YES };
  }

  private async timeOut(): Promise<void> {
    await this.pace.wait(this.installation.config.cancellation_timeout_seconds * 1000);
    await this.pace.steps(1);
  }

  /** Says nothing for as long as an answer would count: until the lock is over, by the service's word. */
  private async silence(order: Order): Promise<void> {
    let { status, lock_expires_at } = order;
    while (status === 'locked' || status === 'suspended') {
      await this.pace.wait(Math.max(0, Date.parse(lock_expires_at ?? '') - Date.now() || 0));
      await this.pace.steps(1);
      ({ status, lock_expires_at } = await this.read(order.order_hash));
    }
  }

  private async fillInTime(order: Order): Promise<void> {
    await this.pace.steps(1);
    await this.pace.persist(() => this.fill(order, order.quantity));
  }

  private fill(order: Order, fill_quantity: string): Promise<unknown> {
    const { signature } = order;
    return this.client.fill({ order: termsOf(order), signature, fill_quantity, taker_incentive: '0' });
  }

  private reject({ order_hash }: Order): Promise<unknown> {
    return this.client.reject({ order_hash, reason: 'Rejected, as its quantity asks for' });
  }
}

const half = ({ quantity }: Order): string => String(BigInt(quantity) / 2n);
