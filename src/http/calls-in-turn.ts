import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { decideOnHeads, isAmidBody, leaveUnread } from './node-internals.js';

/** Calls of one connection that are served at once; what is pipelined behind them waits, and is not even read. */
const MAX_PIPELINED = 16;

const connections = new WeakMap<Duplex, CallsInTurn>();

/** The calls of a connection until they are answered, and what waits for that: answers are told apart by their order alone. */
export class CallsInTurn {
  underWay = 0;
  private left = 0;
  private next: (() => void) | undefined;

  private constructor(private readonly socket: Duplex) {}

  static on(socket: Duplex): CallsInTurn {
    let calls = connections.get(socket);
    if (!calls) connections.set(socket, (calls = new CallsInTurn(socket)));
    return calls;
  }

  /** Has the server count the calls of each connection and serve no more than so many at once. */
  static keepOn(server: Server): void {
    server.prependListener('request', ({ socket }, response) => {
      const calls = CallsInTurn.on(socket);
      calls.underWay += 1;
      response.once('close', () => calls.answered());
    });
    server.on('connection', holdBack);
  }

  /** Keeps what comes on the connection unread. */
  stopReading(): void {
    leaveUnread(this.socket);
    this.socket.once('timeout', () => this.socket.destroy());
  }

  /** Does something once at most `left` calls are under way. While it waits for that, whatever else is to be done is dropped. */
  afterwards(next: () => void, left = 0): void {
    if (this.underWay <= left) next();
    else if (!this.next) [this.next, this.left] = [next, left];
  }

  private answered(): void {
    this.underWay -= 1;
    const { next } = this;
    if (!next || this.underWay > this.left) return;
    this.next = undefined;
    // an answer may have been the connection's last
    if (this.socket.writable) next();
  }
}

/** Refuses what cannot be read on a connection, behind the answers to what came before. */
export function refuseInTurn(socket: Duplex, refuse: () => void): void {
  const calls = CallsInTurn.on(socket);
  // a call whose body cannot be read gets no other answer
  const left = isAmidBody(socket) ? 1 : 0;
  if (!socket.writable) return refuse();
  // it has its answer already
  if (calls.underWay < left) return void socket.destroy();
  if (calls.underWay > left) socket.pause(); // nothing behind it can be read either
  calls.afterwards(refuse, left);
}

/** Node's parser reads to the end what it has, thousands of requests, however many wait for their answers. */
function holdBack(socket: Socket): void {
  const calls = CallsInTurn.on(socket);
  decideOnHeads(socket, () => (socket.destroyed || calls.underWay >= MAX_PIPELINED ? 'hand over' : 'serve'));
}
