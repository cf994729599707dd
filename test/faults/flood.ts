import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.js';

/** More calls can be under way on them than the service keeps. */
const CONNECTIONS = 256;
/** Fewer than those for which the service closes a connection. */
const PIPELINED = 8;
/** Calls under way while the capacity is measured: none is refused. */
const CALLS_AT_ONCE = 32;
const STEP_MS = 20;
/** Every call that was sent must be answered by then. */
const PATIENCE_MS = 60_000;
const ANSWER = /HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n/g;

/** Calls over a few connections, written as bytes: what sends them must cost less than what answers them. */
export class Flood {
  sent = 0;
  /** How many answers had each status. */
  readonly answers = new Map<number, number>();
  /** Refusals without Retry-After. */
  bare = 0;
  private readonly connections: Socket[];
  private readonly underWay = new Map<Socket, number>();
  private turn = 0;

  private constructor(
    url: URL,
    private readonly call: string,
  ) {
    this.connections = Array.from({ length: CONNECTIONS }, () => connect(Number(url.port), url.hostname));
    for (const connection of this.connections) this.readAnswers(connection);
  }

  static async against(url: string, path: string, apiKey: string): Promise<Flood> {
    const call = `GET ${path} HTTP/1.1\r\nHost: flood\r\nX-API-Key: ${apiKey}\r\n\r\n`;
    const flood = new Flood(new URL(url), call);
    await Promise.all(flood.connections.map((connection) => once(connection, 'connect')));
    return flood;
  }

  get answered(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** How many calls a second are answered when there is a next one for each that is answered. */
  async capacity(calls: number): Promise<number> {
    const start = performance.now();
    const target = this.answered + calls;
    while (this.answered < target) {
      this.write(CALLS_AT_ONCE - (this.sent - this.answered));
      await delay(1);
    }
    const seconds = (performance.now() - start) / 1000;
    await this.allAnswered();
    return calls / seconds;
  }

  /** So many calls a second, whatever is answered, until it is enough. */
  async offer(perSecond: number, isEnough: () => boolean): Promise<void> {
    const start = performance.now();
    const before = this.sent;
    while (!isEnough()) {
      this.write(((performance.now() - start) * perSecond) / 1000 - (this.sent - before));
      await delay(STEP_MS);
    }
    await this.allAnswered();
  }

  close(): void {
    for (const connection of this.connections) connection.destroy();
  }

  private allAnswered(): Promise<void> {
    return until(() => this.answered >= this.sent, 'every call of the flood to be answered', PATIENCE_MS);
  }

  /** As many as the connections take: none is sent behind so many that its connection would be closed. */
  private write(count: number): void {
    const each = new Map<Socket, number>();
    for (let i = 0; i < count; i += 1) {
      const connection = this.connectionWithRoom();
      if (!connection) break;
      this.underWay.set(connection, this.underWayOn(connection) + 1);
      this.sent += 1;
      each.set(connection, (each.get(connection) ?? 0) + 1);
    }
    for (const [connection, calls] of each) connection.write(this.call.repeat(calls));
  }

  private connectionWithRoom(): Socket | undefined {
    for (let i = 0; i < CONNECTIONS; i += 1) {
      const connection = this.connections[this.turn++ % CONNECTIONS]!;
      if (this.underWayOn(connection) < PIPELINED) return connection;
    }
    return undefined;
  }

  private underWayOn(connection: Socket): number {
    return this.underWay.get(connection) ?? 0;
  }

  private readAnswers(connection: Socket): void {
    let held = '';
    connection.on('error', () => {});
    connection.on('data', (data: Buffer) => {
      held += data.toString('latin1');
      let read = 0;
      for (const answer of held.matchAll(ANSWER)) {
        const [head, status] = [answer[0], Number(answer[1])];
        this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
        this.underWay.set(connection, this.underWayOn(connection) - 1);
        if ((status === 429 || status === 503) && !/\r\nretry-after: \d+\r\n/i.test(head)) this.bare += 1;
        read = answer.index + head.length;
      }
      held = held.slice(read);
    });
  }
}
