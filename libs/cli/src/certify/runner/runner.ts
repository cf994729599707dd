import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderTerms } from '#client';
import { WebSocket, WebSocketServer } from 'ws';
import { type BotCall, isSocket, jsonIn, orderIn } from './bot-call.js';
import { BotLine } from './bot-line.js';
import { type CallFault, Faults, type Refusal } from './faults.js';
import {
  endWith,
  passOn,
  pathOn,
  type Reply,
  secretsOf,
  socketHeaders,
  split,
  withDate,
} from './http-call.js';
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
      this.connections.add(connection);
      connection.on('close', () => this.connections.delete(connection));
    });
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      this.serve(asked, answer).catch(() => asked.socket.destroy());
    });
    server.on('upgrade', (asked: IncomingMessage, client: Socket, head: Buffer) => {
      client.on('error', () => client.destroy());
      this.upgrade(asked, client, head).catch(() => client.destroy());
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
    const call = this.record(asked, body);
    const fault = this.faults.ofCall(call);
    if (fault?.kind === 'request lost') {
      this.writeCall(call, 'runner', ', lost');
      asked.socket.destroy();
      return;
    }
    const isRefused = fault?.kind === 'refused';
    this.writeCall(call, isRefused && !fault.passed ? 'runner' : 'service');
    const reply = isRefused && !fault.passed ? undefined : await this.ask(call, asked, body);
    if (isRefused) {
      if (reply) this.writeReply(call, 'service', 'runner', String(reply.status), reply.body);
      this.refuse(call, fault.refusal, answer);
      return;
    }
    if (reply) await this.reply(call, reply, answer, fault);
  }

  private async ask(call: BotCall, asked: IncomingMessage, body: Buffer): Promise<Reply> {
    const reply = await passOn(this.target, asked, body);
    call.service = { status: reply.status, body: reply.body.toString() };
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

  private refuse(call: BotCall, refusal: Refusal, answer: ServerResponse): void {
    const { status, retryAfterSeconds } = refusal;
    const body = envelopeOf(refusal);
    call.told = { status, at: performance.now() };
    const retry = retryAfterSeconds === undefined ? '' : `, Retry-After: ${retryAfterSeconds}`;
    this.writeReply(call, 'runner', 'bot', `${status}${retry}`, Buffer.from(body), true);
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    };
    answer.writeHead(status, headers).end(body);
  }

  private async upgrade(asked: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    const call = this.record(asked, Buffer.alloc(0));
    const fault = this.faults.ofCall(call);
    const isRefused = fault?.kind === 'refused';
    this.writeCall(call, isRefused ? 'runner' : 'service');
    if (isRefused) {
      const { refusal } = fault;
      call.told = { status: refusal.status, at: performance.now() };
      this.writeReply(call, 'runner', 'bot', String(refusal.status), Buffer.from(envelopeOf(refusal)), true);
      endWith(client, refusal.status, ['content-type', 'application/json'], Buffer.from(envelopeOf(refusal)));
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
      call.service = { status: 101, body: '' };
      call.told = { status: 101, at: performance.now() };
      this.writeReply(call, 'service', 'bot', '101', Buffer.alloc(0));
      this.sockets.handleUpgrade(asked, client, head, (bot) => this.open(bot, client, service, call));
    });
  }

  private async refuseSocket(call: BotCall, client: Socket, reply: IncomingMessage): Promise<void> {
    const body = await buffer(reply);
    const status = reply.statusCode!;
    call.service = { status, body: body.toString() };
    call.told = { status, at: performance.now() };
    this.writeReply(call, 'service', 'bot', String(status), body);
    endWith(client, status, reply.rawHeaders, body);
  }

  private open(bot: WebSocket, wire: Socket, service: WebSocket, { query }: BotCall): void {
    const after = new URLSearchParams(query).get('after');
    const line = new BotLine(bot, wire, service, after, this.faults, this.tape);
    this.lines.add(line);
    for (const rule of this.faults.lines) rule(line);
    this.tape.ring();
  }

  private record(asked: IncomingMessage, body: Buffer): BotCall {
    const [path = '', query = ''] = split(asked.url!);
    for (const secret of secretsOf(asked.headers, query)) this.tape.hide(secret);
    const text = body.toString();
    const json = jsonIn(text);
    const call: BotCall = {
      at: performance.now(),
      method: asked.method!,
      path,
      query,
      body: text,
      json,
      order: orderIn(path, json, this.hashOf),
      service: undefined,
      told: undefined,
    };
    this.tape.keep(call);
    return call;
  }

  private writeCall(call: BotCall, to: 'runner' | 'service', what = ''): void {
    const { method, path, query, order, body } = call;
    const label = `${method} ${path}${query && isSocket(call) ? `?${query}` : ''}${what}`;
    this.tape.write({ from: 'bot', to, label, order, body: body || query || null, fault: to === 'runner' });
  }

  private writeReply(
    { order }: BotCall,
    from: 'runner' | 'service',
    to: 'runner' | 'bot',
    label: string,
    body: Buffer,
    fault = to === 'runner',
  ): void {
    this.tape.write({ from, to, label, fault, order, body: body.toString() || null });
  }
}

const envelopeOf = ({ code, message, details }: Refusal): string =>
  JSON.stringify({ code, message, details });
