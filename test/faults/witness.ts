import { setTimeout as delay } from 'node:timers/promises';
import type { PushMessage } from '#events';
import { WebSocket } from 'ws';
import { until } from '../support/until.js';

const RECONNECT_MS = 100;
const HANDSHAKE_TIMEOUT_MS = 3_000;

/** A plain socket that keeps every frame it hears, and goes on after the last id whenever it is lost. */
export class Witness {
  readonly frames: PushMessage[] = [];
  readonly closeCodes: number[] = [];
  lastId: string | undefined;
  private socket: WebSocket | undefined;
  private stopped = false;
  private readonly running: Promise<void>;

  private constructor(
    private readonly url: string,
    private readonly headers: Record<string, string>,
    opened: () => void,
  ) {
    this.running = this.run(opened);
  }

  private static async open(url: string, headers: Record<string, string>): Promise<Witness> {
    let isOpen = false;
    const witness = new Witness(url.replace('http', 'ws'), headers, () => (isOpen = true));
    await until(() => isOpen, `a socket at ${url}`);
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

  pause(): void {
    this.socket!.pause();
  }

  resume(): void {
    this.socket!.resume();
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.socket?.terminate();
    await this.running;
  }

  private async run(opened: () => void): Promise<void> {
    while (!this.stopped) {
      const after = this.lastId ? `&after=${this.lastId}` : '';
      const options = { headers: this.headers, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
      this.socket = new WebSocket(this.url + after, options);
      this.socket.on('open', opened).on('error', () => {});
      this.socket.on('message', (frame: Buffer) => this.hear(JSON.parse(frame.toString()) as PushMessage));
      this.closeCodes.push(await closeOf(this.socket));
      if (!this.stopped) await delay(RECONNECT_MS);
    }
  }

  private hear(message: PushMessage | { type: 'heartbeat' }): void {
    if (message.type === 'heartbeat') return;
    this.frames.push(message);
    if (!this.lastId || message.id > this.lastId) this.lastId = message.id;
  }
}

/** Not `once`, which an error ends before. */
function closeOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.on('close', resolve);
  });
}
