import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { jsonIn } from './bot-call.js';
import type { Faults, Push, PushedMessage } from './faults.js';
import type { Tape } from './tape.js';

/** Of a text frame, the only one of its message. */
const TEXT_FRAME = 0x81;
const EXTENDED_LENGTH = 126;
const MAX_SHORT_LENGTH = 125;
/** Codes that say how a socket ended, and are never sent. */
const UNSENDABLE = new Set([1004, 1005, 1006, 1015]);

/** A socket of the bot's, and the service's behind it. */
export class BotLine {
  readonly openedAt = performance.now();
  pings = 0;
  pongs = 0;
  private silent = false;

  constructor(
    private readonly bot: WebSocket,
    private readonly wire: Socket,
    private readonly service: WebSocket,
    /** What the bot asked for. */
    private readonly asked: URLSearchParams,
    private readonly faults: Faults,
    private readonly tape: Tape,
  ) {
    service.on('message', (frame: Buffer) => this.hear(frame.toString()));
    service.on('ping', (data: Buffer) => this.ping(data));
    service.on('pong', (data: Buffer) => !this.silent && this.bot.pong(data));
    service.on('error', () => {}); // closes
    service.on('close', (code, reason) => this.closeBot(code, reason.toString()));
    bot.on('message', (frame: Buffer, isBinary: boolean) => this.service.send(frame, { binary: isBinary }));
    bot.on('ping', (data: Buffer) => this.service.ping(data));
    bot.on('pong', (data: Buffer) => {
      this.pongs += 1;
      this.service.pong(data);
      this.tape.ring();
    });
    bot.on('error', () => {}); // closes
    bot.on('close', (code) => this.closeService(code));
  }

  /** The message after which the bot goes on. */
  get after(): string | null {
    return this.asked.get('after');
  }

  get hearsOrders(): boolean {
    return this.asked.get('types')?.split(',').includes('order_status_change') ?? true;
  }

  get isOpen(): boolean {
    return this.bot.readyState === WebSocket.OPEN;
  }

  get isFrozen(): boolean {
    return this.silent;
  }

  /** Pushes a message as the service would. */
  send(text: string, what?: { fault: string }): void {
    const push = pushOf(text);
    if (!this.isOpen) return;
    this.bot.send(text);
    const { type, order, message } = push;
    this.tape.deliver({ at: performance.now(), type, id: message.id, order, isFault: what !== undefined });
    if (type === 'heartbeat') return;
    const label = what ? `${push.type}, ${what.fault}` : push.type;
    this.write(what ? 'runner' : 'service', 'bot', label, push, what !== undefined);
  }

  /** Tells that a push goes no further, for now or for good. */
  hold(push: Push, why: string): void {
    this.write('service', 'runner', `${push.type}, ${why}`, push, true);
  }

  /** Pushes the first half of a message, and breaks the socket off. */
  sendHalf(push: Push): void {
    const payload = Buffer.from(push.text);
    const head =
      payload.length > MAX_SHORT_LENGTH
        ? Buffer.from([TEXT_FRAME, EXTENDED_LENGTH, payload.length >> 8, payload.length & 0xff])
        : Buffer.from([TEXT_FRAME, payload.length]);
    this.write('runner', 'bot', `half of ${push.type}`, push, true);
    this.wire.write(Buffer.concat([head, payload.subarray(0, payload.length / 2)]), () => this.cut());
  }

  /** Breaks the socket off, without a close frame. */
  cut(): void {
    if (!this.isOpen) return;
    this.write('runner', 'bot', 'socket cut', undefined, true);
    this.bot.terminate();
  }

  /** Ends the runner's side of the connection, without a close frame; the bot's stays open. */
  halfClose(): void {
    this.write('runner', 'bot', 'half of the connection closed', undefined, true);
    this.wire.end();
  }

  /** The socket stays open, but nothing comes through any more, heartbeats and the end included. */
  freeze(): void {
    this.silent = true;
    this.write('runner', 'bot', 'silence from here on', undefined, true);
  }

  /** Closes the socket as the service does. */
  close(code: number, reason: string): void {
    this.write('runner', 'bot', `socket closed with ${code}`, undefined, true);
    this.bot.close(code, reason);
  }

  private hear(text: string): void {
    if (this.silent) return;
    const push = pushOf(text);
    if (!this.faults.takesPush(push, this)) this.send(text);
  }

  private ping(data: Buffer): void {
    if (this.silent || !this.isOpen) return;
    this.pings += 1;
    this.bot.ping(data);
    this.tape.ring();
  }

  private closeBot(code: number, reason: string): void {
    if (this.silent) return;
    if (this.isOpen) this.write('service', 'bot', `socket closed with ${code}`, undefined, false);
    if (UNSENDABLE.has(code)) this.bot.terminate();
    else this.bot.close(code, reason);
  }

  private closeService(code: number): void {
    this.write('bot', 'service', `socket closed (${code})`, undefined, false);
    if (UNSENDABLE.has(code)) this.service.terminate();
    else this.service.close(code);
  }

  private write(
    from: 'runner' | 'service' | 'bot',
    to: 'runner' | 'service' | 'bot',
    label: string,
    push: Push | undefined,
    fault: boolean,
  ): void {
    this.tape.write({ from, to, label, fault, order: push?.order ?? null, body: push?.text ?? null });
  }
}

export function pushOf(text: string): Push {
  const message = (jsonIn(text) ?? { type: 'no JSON' }) as PushedMessage;
  return { type: message.type, order: message.data?.order_hash?.toLowerCase() ?? null, text, message };
}
