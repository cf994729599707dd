import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderTerms } from '#client';
import { WebSocket, WebSocketServer } from 'ws';
import { answerIn, type BotCall, callOf, isSocket } from './bot-call.js';
import { BotLine } from './bot-line.js';
import { type CallFault, Faults, type Refusal, REFUSALS } from './faults.js';
import { endRefused, endUpgradeRefused, envelopeOf } from './refuse.js';
import {
  endWith,
  eventIdsIn,
  isMeantHere,
  passOn,
  pathOn,
  type Reply,
  secretsOf,
  socketHeaders,
  split,
  withDate,
} from './http-call.js';
import { serveWithoutOffer, wantsWebSocket } from './offers.js';
import type { Tape } from './tape.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const CLOSE_REFUSED_KEY = 1008;

/** Stands between a bot and the service: passes all on, keeps what passes, and does to it what a scenario asks for. */
export class Runner {
  readonly faults = new Faults();
  readonly lines = new Set<BotLine>();
  private readonly connections = new Set<Socket>();
  private readonly sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    perMessageDeflate: false,
  });

  private constructor(
    readonly url: string,
    private readonly target: URL,
    private readonly server: Server,
    private readonly tape: Tape,
    private readonly hashOf: (terms: OrderTerms) => string,
  ) {
    server.on('connection', (connection: Socket) => {
      if (this.connections.has(connection)) return; // it is read anew
      this.connections.add(connection);
      connection.on('close', () => this.connections.delete(connection));
    });
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      if (isMeantHere(asked)) this.serve(asked, answer).catch(() => asked.socket.destroy());
      else endRefused(answer, REFUSALS.misdirected);
    });
    server.on('upgrade', (asked: IncomingMessage, client: Socket, head: Buffer) => {
      if (!wantsWebSocket(asked)) return serveWithoutOffer(server, asked, client, head);
      client.on('error', () => client.destroy());
      if (isMeantHere(asked)) this.upgrade(asked, client, head).catch(() => client.destroy());
      else endUpgradeRefused(client, REFUSALS.misdirected);
    });
  }

  static async before(
    url: string,
    port: number,
    tape: Tape,
    hashOf: (terms: OrderTerms) => string,
  ): Promise<Runner> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const { port: listening } = server.address() as AddressInfo;
    return new Runner(`http://127.0.0.1:${listening}`, new URL(url), server, tape, hashOf);
  }

  get openLines(): BotLine[] {
    return [...this.lines].filter(({ isOpen, isFrozen }) => isOpen && !isFrozen);
  }

  cutLines(): void {
    for (const line of this.openLines) line.cut();
  }

  /** Closes the sockets as the service does when their key is revoked. */
  closeLines(): void {
    for (const line of this.openLines) line.close(CLOSE_REFUSED_KEY, 'API key not found');
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.server.close(resolve);
    });
    for (const connection of this.connections) connection.destroy();
    await closed;
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(asked);
    const text = body.toString();
    const call = this.record(asked, text);
    const fault = this.faults.ofCall(call);
    if (fault?.kind === 'request lost') {
      this.writeCall(call, text, 'runner', ', lost');
      asked.socket.destroy();
      return;
    }
    const isRefused = fault?.kind === 'refused';
    this.writeCall(call, text, isRefused && !fault.passed ? 'runner' : 'service');
    const reply = isRefused && !fault.passed ? undefined : await this.ask(call, asked, body);
    if (isRefused) {
      if (reply) this.writeReply(call, 'service', 'runner', String(reply.status), reply.body);
      this.writeRefusal(call, fault.refusal);
      endRefused(answer, fault.refusal);
      return;
    }
    if (reply) await this.reply(call, reply, answer, fault);
  }

  private async ask(call: BotCall, asked: IncomingMessage, body: Buffer): Promise<Reply> {
    const reply = await passOn(this.target, asked, body);
    this.keepAnswer(call, reply.status, reply.body.toString());
    this.tape.ring();
    return reply;
  }

  private async reply(
    call: BotCall,
    { status, headers, body }: Reply,
    answer: ServerResponse,
    fault: CallFault | undefined,
  ): Promise<void> {
    if (fault?.kind === 'reply lost') {
      this.writeReply(call, 'service', 'runner', `${status}, lost`, body);
      answer.socket?.destroy();
      return;
    }
    if (fault?.kind === 'reply held') {
      this.writeReply(call, 'service', 'runner', `${status}, held for ${fault.ms / 1000} s`, body);
      await delay(fault.ms);
    }
    const raw = fault?.kind === 'clock off' ? withDate(headers, fault.ms) : headers;
    call.told = { status, at: performance.now() };
    const isFault = fault !== undefined;
    this.writeReply(call, isFault ? 'runner' : 'service', 'bot', String(status), body, isFault);
    answer.writeHead(status, raw).end(body);
  }

  private async upgrade(asked: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    const call = this.record(asked, '');
    const fault = this.faults.ofCall(call);
    const isRefused = fault?.kind === 'refused';
    this.writeCall(call, '', isRefused ? 'runner' : 'service');
    if (isRefused) {
      this.writeRefusal(call, fault.refusal);
      endUpgradeRefused(client, fault.refusal);
      return;
    }
    const path = pathOn(this.target, asked);
    const address = new URL(path, this.target);
    address.protocol = this.target.protocol.replace('http', 'ws');
    const service = new WebSocket(address, {
      headers: socketHeaders(asked),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      autoPong: false,
      perMessageDeflate: false,
      finishRequest: (request) => {
        request.path = path; // to the letter: a signature may be over its query
        request.end();
      },
    });
    service.on('error', () => client.destroy());
    service.on('unexpected-response', (_, reply) => {
      this.refuseSocket(call, client, reply).catch(() => client.destroy());
    });
    client.on('close', () => service.readyState === WebSocket.CONNECTING && service.terminate());
    service.on('open', () => {
      this.keepAnswer(call, 101, '');
      call.told = { status: 101, at: performance.now() };
      this.writeReply(call, 'service', 'bot', '101', Buffer.alloc(0));
      this.sockets.handleUpgrade(asked, client, head, (bot) => this.open(bot, client, service, call));
    });
  }

  private async refuseSocket(call: BotCall, client: Socket, reply: IncomingMessage): Promise<void> {
    const body = await buffer(reply);
    const status = reply.statusCode!;
    this.keepAnswer(call, status, body.toString());
    call.told = { status, at: performance.now() };
    this.writeReply(call, 'service', 'bot', String(status), body);
    endWith(client, status, reply.rawHeaders, body);
  }

  private open(bot: WebSocket, wire: Socket, service: WebSocket, { query }: BotCall): void {
    const line = new BotLine(bot, wire, service, new URLSearchParams(query), this.faults, this.tape);
    this.lines.add(line);
    for (const rule of this.faults.lines) rule(line);
    this.tape.ring();
  }

  private record(asked: IncomingMessage, text: string): BotCall {
    const [path, query] = split(asked.url!);
    for (const secret of secretsOf(asked.headers, query)) this.tape.hide(secret);
    const call = callOf({ method: asked.method!, path, query }, text, this.hashOf);
    this.tape.keep(call);
    return call;
  }

  private keepAnswer(call: BotCall, status: number, text: string): void {
    call.service = answerIn(status, text, this.tape.shown(text));
    for (const id of eventIdsIn(call.path, text)) this.tape.knownIds.add(id);
  }

  private writeCall(call: BotCall, text: string, to: 'runner' | 'service', what = ''): void {
    const { method, path, query, order } = call;
    const label = `${method} ${path}${query && isSocket(call) ? `?${query}` : ''}${what}`;
    const body = text || query || null;
    this.tape.write({ from: 'bot', to, label, order, body, fault: to === 'runner' }, call);
  }

  private writeRefusal(call: BotCall, refusal: Refusal): void {
    const { status, retryAfterSeconds } = refusal;
    call.told = { status, at: performance.now() };
    const retry = retryAfterSeconds === undefined ? '' : `, Retry-After: ${retryAfterSeconds}`;
    this.writeReply(call, 'runner', 'bot', `${status}${retry}`, Buffer.from(envelopeOf(refusal)), true);
  }

  private writeReply(
    call: BotCall,
    from: 'runner' | 'service',
    to: 'runner' | 'bot',
    label: string,
    body: Buffer,
    fault = to === 'runner',
  ): void {
    const { order } = call;
    this.tape.write({ from, to, label, fault, order, body: body.toString() || null }, call);
  }
}
