import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** Sockets of takers, which do what they are told on standard input, a line of JSON an order, and say when it is done. */
type Order = { connect: string[]; url: string } | { hear: string } | { drop: true } | { comeBack: string };

const RETRY_MS = 500;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const CHECK_MS = 20;
const CONNECTING_AT_ONCE = 100;

class Member {
  private socket: WebSocket | undefined;
  private lastId = '';
  readonly hashes = new Set<string>();

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  /** Tries until the socket is open. */
  async connect(): Promise<void> {
    while (!(await this.tryOnce())) await delay(RETRY_MS * (1 + Math.random()));
  }

  drop(): void {
    this.socket?.terminate();
  }

  private tryOnce(): Promise<boolean> {
    const types = 'types=order_status_change,cancellation_request';
    const after = this.lastId && `&after=${this.lastId}`;
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/ws/taker/v1?${types}${after}`, {
      headers: { 'x-api-key': this.apiKey },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.socket = socket;
    socket.on('message', (frame: Buffer) => {
      const { id, data } = JSON.parse(frame.toString()) as { id?: string; data?: { order_hash?: string } };
      if (id) this.lastId = id;
      if (data?.order_hash) this.hashes.add(data.order_hash);
    });
    return new Promise((resolve) => {
      socket.once('open', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
  }
}

let members: Member[] = [];

async function untilAllHeard(orderHash: string): Promise<void> {
  while (!members.every(({ hashes }) => hashes.has(orderHash))) await delay(CHECK_MS);
}

async function carryOut(order: Order): Promise<void> {
  if ('connect' in order) {
    members = order.connect.map((apiKey) => new Member(order.url, apiKey));
    const waiting = [...members];
    const connect = async (): Promise<void> => {
      for (let member = waiting.pop(); member; member = waiting.pop()) await member.connect();
    };
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connect));
  } else if ('hear' in order) {
    await untilAllHeard(order.hear);
  } else if ('drop' in order) {
    for (const member of members) member.drop();
  } else {
    await Promise.all(members.map((member) => member.connect()));
    await untilAllHeard(order.comeBack);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  await carryOut(JSON.parse(line) as Order);
  process.stdout.write('done\n');
}
