import { setTimeout as delay } from 'node:timers/promises';
import type { PushMessage, ResyncMessage } from '#events';
import { WebSocket } from 'ws';
import { until } from '../support/until.js';

/** What a socket heard, but for heartbeats. */
export interface Frame {
  message: PushMessage | ResyncMessage;
  /** When it was heard, Unix ms. */
  at: number;
}

/** A socket from its opening to its end. */
export interface SocketLife {
  readonly frames: Frame[];
  closeCode?: number;
}

/** What a witness can be asked in the end. */
export interface Testimony {
  readonly sockets: readonly SocketLife[];
}

/** How long a client waits for an upgrade, and before it comes again. */
export interface Patience {
  handshakeMs: number;
  reconnectMs: number;
}
const IMPATIENT: Patience = { handshakeMs: 3_000, reconnectMs: 100 };

/** A plain socket that keeps every frame it hears, and goes on after the last id whenever it is lost. */
export class Witness implements Testimony {
  readonly sockets: SocketLife[] = [];
  lastId: string | undefined;
  private socket: WebSocket | undefined;
  private stopped = false;
  private gate: Promise<void> = Promise.resolve();
  private readonly running: Promise<void>;

  private constructor(
    private readonly url: string,
    private readonly headers: Record<string, string>,
    private readonly patience: Patience,
  ) {
    this.running = this.run();
  }

  static async open(
    url: string,
    headers: Record<string, string>,
    patience: Patience = IMPATIENT,
  ): Promise<Witness> {
    const witness = new Witness(url.replace('http', 'ws'), headers, patience);
    await until(() => witness.isOpen, `a socket at ${url}`);
    return witness;
  }

  /** One on each instance. */
  static onEach(
    urls: readonly string[],
    target: string,
    headers: Record<string, string>,
  ): Promise<Witness[]> {
    return Promise.all(urls.map((url) => Witness.open(`${url}${target}`, headers)));
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get frames(): Frame[] {
    return this.sockets.flatMap(({ frames }) => frames);
  }

  get closeCodes(): number[] {
    return this.sockets.flatMap(({ closeCode }) => closeCode ?? []);
  }

  pause(): void {
    this.socket!.pause();
  }

  resume(): void {
    this.socket!.resume();
  }

  /** Breaks off, and does not come again before this is settled. */
  breakOff(gate: Promise<void>): void {
    this.gate = gate;
    this.socket!.terminate();
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.socket?.terminate();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const after = this.lastId ? `&after=${this.lastId}` : '';
      const options = { headers: this.headers, handshakeTimeout: this.patience.handshakeMs };
      const life: SocketLife = { frames: [] };
      this.sockets.push(life);
      this.socket = new WebSocket(this.url + after, options).on('error', () => {});
      this.socket.on('message', (frame: Buffer) => this.hear(life, frame.toString()));
      life.closeCode = await closeOf(this.socket);
      await this.gate;
      if (!this.stopped) await delay(this.patience.reconnectMs);
    }
  }

  private hear({ frames }: SocketLife, frame: string): void {
    const message = JSON.parse(frame) as PushMessage | ResyncMessage | { type: 'heartbeat' };
    if (message.type === 'heartbeat') return;
    frames.push({ message, at: Date.now() });
    // what comes after a resync may have lower ids than what was heard before
    if (message.type === 'resync' || !this.lastId || message.id > this.lastId) this.lastId = message.id;
  }
}

/** Not `once`, which an error ends before. */
function closeOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.on('close', resolve);
  });
}
