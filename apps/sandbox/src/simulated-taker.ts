import {
  type CancellationRequest,
  createTaker,
  type Data,
  type OrderStatusChange,
  type Session,
  type Taker,
  termsOf,
  type Verdict,
} from '#client';
import type { Installation } from './installation.js';
import type { Pace } from './pace.js';

type Order = Data<'getTakerOrder'>;

/** What becomes of an order once it is locked. */
interface Course {
  /** As the service has it when left out. */
  lockSeconds?: number;
  /** Ends the order without being asked. */
  trade?: (order: Order) => Promise<unknown>;
  /** Answers its maker's request to cancel. */
  answer: (order: Order) => Promise<Verdict>;
  /** Comes after the answer. */
  afterAnswer?: (order: Order) => Promise<unknown>;
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
  private session: Session | undefined;

  constructor(
    access: TakerAccess,
    private readonly installation: Installation,
    private readonly pace: Pace,
    private readonly report: (problem: unknown) => void,
  ) {
    this.client = createTaker({ url: installation.url, ...access });
  }

  async start(): Promise<void> {
    this.session = await this.client.listen({
      onOrderStatusChange: (change) => this.consider(change),
      onCancellationRequest: (request) => this.answer(request),
      onAnswered: ({ request }) => this.goOn(request),
      onProblem: this.report,
      signal: this.pace.signal,
    });
  }

  async stop(): Promise<void> {
    await this.session?.close();
  }

  private async consider({ order_hash, from_status }: OrderStatusChange): Promise<void> {
    if (from_status !== null) return; // one that was let go of once is left to others
    const order = await this.client.order(order_hash);
    const course = this.courseOf(order);
    if (!course) return;
    await this.pace.steps(1);
    await this.client.lock({ order_hash, ...(course.lockSeconds && { lock_duration: course.lockSeconds }) });
    if (!course.trade) return;
    await this.pace.steps(1);
    await course.trade(order);
  }

  private async answer({ order_hash }: CancellationRequest): Promise<Verdict> {
    const order = await this.client.order(order_hash);
    return (await this.courseOf(order)?.answer(order)) ?? NO;
  }

  private async goOn({ order_hash }: CancellationRequest): Promise<void> {
    const order = await this.client.order(order_hash);
    await this.courseOf(order)?.afterAnswer?.(order);
  }

  private courseOf({ quantity }: Order): Course | undefined {
    const [, digit, zeros] = MAGIC.exec(quantity) ?? [];
    switch (digit) {
      case '2':
        return { trade: (order) => this.fill(order, half(order)), answer: async () => NO };
      case '3':
        return { trade: (order) => this.reject(order), answer: async () => NO };
      case '4':
        return { answer: (order) => this.fill(order, half(order)).then(() => NO) };
      case '5':
        return { answer: async () => YES };
      case '6':
        return { trade: (order) => this.fill(order, order.quantity), answer: async () => NO };
      case '7':
        return this.acceptance(zeros!.length);
      case '8':
        return { answer: async () => NO, afterAnswer: (order) => this.fillInTime(order) };
      case '9':
        return { answer: () => this.pace.forEver() };
    }
    return undefined;
  }

  /** The ways to give an order up, by the zeros of its quantity. */
  private acceptance(zeros: number): Course {
    switch (zeros) {
      case 2:
        return { answer: () => this.late() };
      case 3:
        return { answer: ({ order_hash }) => this.client.unlock({ order_hash }).then(() => YES) };
      case 4:
        return {
          lockSeconds: Math.ceil(this.pace.patienceMs / 1000),
          answer: () => this.pace.forEver(),
        };
    }
    return { answer: async () => YES };
  }

  private async late(): Promise<Verdict> {
    await this.pace.wait(this.installation.config.cancellation_timeout_seconds * 1000);
    await this.pace.steps(1);
    return { ...YES, message: 'Sorry, late: not traded' };
  }

  private async fillInTime(order: Order): Promise<void> {
    await this.pace.steps(1);
    await this.fill(order, order.quantity);
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
