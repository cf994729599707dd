import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LINGER_MS } from './json/raw-body.js';
import { closeInstead, decideOnHeads, isAmidBody, leaveUnread } from './node-internals.js';

/** Calls of one connection that are served at once; what is pipelined behind them waits, and is not even read. */
const MAX_PIPELINED = 16;

const connections = new WeakMap<Duplex, CallsInTurn>();

/** The calls of a connection until they are answered, and what waits for that: answers are told apart by their order alone. */
export class CallsInTurn {
  /** In the order in which they came. */
  private readonly answers = new Set<ServerResponse>();
  private isEnding = false;
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
      calls.answers.add(response);
      response.once('close', () => calls.answered(response));
    });
    server.on('connection', takeFew);
  }

  get underWay(): number {
    return this.answers.size;
  }

  /** The answer to the call under way that came last: the one behind which the connection can end. */
  get last(): ServerResponse | undefined {
    return [...this.answers].at(-1);
  }

  /** Whether the calls are served, and their caller has but to read. */
  get areServed(): boolean {
    return [...this.answers].every(({ writableEnded }) => writableEnded);
  }

  get takesAnother(): boolean {
    return !this.isEnding && this.underWay < MAX_PIPELINED;
  }

  /** Leaves what comes on the connection unread until the calls are answered; it is dropped when the connection ends with them. */
  holdBack(readOn: () => void): void {
    leaveUnread(this.socket);
    const closeAsUsual = closeInstead(this.socket as Socket, () => this.drop());
    this.socket.once('timeout', () => this.socket.destroy());
    this.afterwards(() => {
      if (this.isEnding) return this.drop();
      closeAsUsual();
      readOn();
    });
  }

  /** Ends the connection behind the answers to the calls that are under way; no other is begun. */
  end(): void {
    this.isEnding = true;
    this.afterwards(() => (this.socket as Socket).destroySoon());
  }

  /** Does something once at most `left` calls are under way. While it waits for that, whatever else is to be done is dropped. */
  afterwards(next: () => void, left = 0): void {
    if (this.underWay <= left) next();
    else if (!this.next) [this.next, this.left] = [next, left];
  }

  /** A connection closed over bytes that nobody has read could take the answers with it. */
  private drop(): void {
    const { socket } = this;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  private answered(answer: ServerResponse): void {
    this.answers.delete(answer);
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
function takeFew(socket: Socket): void {
  const calls = CallsInTurn.on(socket);
  decideOnHeads(socket, () => {
    if (!socket.writable) return 'drop'; // nobody would hear the answer
    return calls.takesAnother ? 'serve' : 'hand over';
  });
}
