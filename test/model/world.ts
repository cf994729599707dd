import { jest } from '@jest/globals';
import { MakersService, OrderWriter, TakersService, type TradingError } from '#trading';
import type { MakerClient, PlacedOrder, TakerClient } from '../support/clients.js';
import { type OrderTime, makeDue } from '../support/database.js';
import type { Answer } from '../support/http.js';
import { type Operator, operatorOf } from '../support/operator.js';
import type { TestService } from '../support/service.js';
import { type Account, type Address, openRequest, type OrderModel, type Taker } from './order-model.js';

/** After so long the service has noticed that somebody was suspended, or let in again. */
const NOTICED_WITHIN_MS = 5_000;
const monotonic = performance.now.bind(performance);
const STEP = { operator: 'tester', reason: 'the desk is not sure' };

/** An order that its maker has signed, and may have placed. */
export interface SignedOrder {
  hash: string;
  placed: PlacedOrder;
}

/** What was answered, in the model's terms, and what came with it. */
// oxlint-disable-next-line typescript/no-explicit-any -- read literally, as the tests do
export type Heard = { answer: number | string; data?: any };

/** The running service and everyone who calls it. */
export class World {
  /** What the process's clock is ahead, ms. */
  private ahead = 0;

  private constructor(
    readonly service: TestService,
    readonly owner: MakerClient,
    readonly stranger: MakerClient,
    readonly takers: Record<Taker, TakerClient>,
    readonly operator: Operator,
  ) {}

  static async with(service: TestService): Promise<World> {
    const takers = { A: await service.newTaker({ addresses: 2 }), B: await service.newTaker() };
    const operator = operatorOf(service);
    return new World(service, await service.newMaker(), await service.newMaker(), takers, operator);
  }

  address(name: Address): string {
    const { A, B } = this.takers;
    return { A1: A.addresses[0]!, A2: A.addresses[1]!, B1: B.address }[name];
  }

  async sign(): Promise<SignedOrder> {
    const terms = this.owner.terms();
    return { hash: this.owner.hash(terms), placed: { ...terms, signature: await this.owner.sign(terms) } };
  }

  place({ placed }: SignedOrder): Promise<Heard> {
    const { signature, ...order } = placed;
    return heard(this.owner.call('POST', '/orders', { json: { order, signature } }));
  }

  passTime({ hash }: SignedOrder, what: OrderTime, millisecondsAgo: number): Promise<Heard> {
    return done(makeDue(this.service.dataSource, hash, what, millisecondsAgo));
  }

  /** What the worker does when it comes by. */
  settle({ hash }: SignedOrder): Promise<Heard> {
    return done(this.service.app.get(OrderWriter).settle({ order_hash: hash }));
  }

  /** Takes a step on an account, and lets the time pass in which the service has not noticed it. */
  async operateAccount(step: 'suspend' | 'resume', account: Account): Promise<Heard> {
    const { app } = this.service;
    const outcome = await done(
      account === 'maker'
        ? app.get(MakersService)[step](this.owner.address, STEP)
        : app.get(TakersService)[step](this.takers[account].takerId, STEP),
    );
    this.ahead += NOTICED_WITHIN_MS;
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + this.ahead);
    return outcome;
  }

  /** The order as its maker sees it, as far as the model speaks of it. */
  async view({ hash }: SignedOrder): Promise<unknown> {
    const { answer, data } = await heard(this.owner.call('GET', `/orders/${hash}`));
    if (answer === 404001) return { status: 'unknown' };
    const { status, filled_quantity, lock_expires_at, cancellation } = data;
    if (!cancellation) return { status, filled_quantity, lock_expires_at, cancellation };
    const { request_id, status: requestStatus, resolved_by, late, message } = cancellation;
    return {
      status,
      filled_quantity,
      lock_expires_at,
      cancellation: { request_id, status: requestStatus, resolved_by, late, message },
    };
  }
}

/** The same view of the model's order. */
export function viewOf({ status, fill, lock, requests }: OrderModel): unknown {
  if (status === 'unknown') return { status };
  const latest = requests.at(-1);
  return {
    status,
    filled_quantity: String(fill?.quantity ?? 0),
    lock_expires_at: lock && new Date(lock.ends).toISOString(),
    cancellation: latest
      ? {
          request_id: latest.id,
          status: latest.status,
          resolved_by: latest.resolved_by,
          late: latest.late,
          message: latest.message,
        }
      : null,
  };
}

/** An HTTP answer: 2xx, or the error code, which begins with the status. */
export async function heard(call: Promise<Answer>): Promise<Heard> {
  const { status, body } = await call;
  if (body.code === 0 ? status >= 300 : Math.floor(body.code / 1000) !== status) {
    throw new Error(`the status ${status} does not fit ${JSON.stringify(body)}`);
  }
  return body.code === 0 ? { answer: status, data: body.data } : { answer: body.code };
}

/** A step of the operator or of time, or the name of the error that refused it. */
export function done(step: Promise<unknown>): Promise<Heard> {
  return step.then(
    (data) => ({ answer: 'done', data }),
    (error: TradingError) => ({ answer: error.code ?? String(error) }),
  );
}

/** The model's order once a time of it has passed. */
export function passed(order: OrderModel, what: OrderTime, time: number): OrderModel {
  switch (what) {
    case 'deadline':
      return { ...order, deadline: time };
    case 'lock':
      return { ...order, lock: { ...order.lock!, ends: time } };
    case 'cool-down':
      return { ...order, requests: order.requests.map((each) => ({ ...each, coolsUntil: null })) };
    case 'request': {
      const requests = order.requests.map((each) =>
        each === openRequest(order) ? { ...each, expires: time } : each,
      );
      return { ...order, requests };
    }
  }
}
