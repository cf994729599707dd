import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { misfitsOfFrame } from './documented-frames.js';
import { until } from './until.js';

// oxlint-disable-next-line typescript/no-explicit-any -- tests compare messages literally
type Message = any;

/** A real WebSocket that keeps everything it hears. */
export class Socket {
  readonly messages: Message[] = [];
  closeCode: number | undefined;
  /** What the first frame that is not as documented has wrong. */
  private misfit: string | undefined;
  private isHeld = true;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString());
      this.messages.push(message);
      this.misfit ??= misfitsOfFrame(message);
    });
    ws.on('close', (code) => (this.closeCode = code));
  }

  static async open(url: string, options: ClientOptions = {}, protocols: string[] = []): Promise<Socket> {
    const socket = new Socket(new WebSocket(url.replace('http', 'ws'), protocols, options));
    await once(socket.ws, 'open');
    return socket;
  }

  /** An upgrade that is refused: the answer instead of a socket. */
  static async refused(
    url: string,
    options: ClientOptions = {},
    protocols: string[] = [],
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: Message }> {
    const ws = new WebSocket(url.replace('http', 'ws'), protocols, options);
    const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode!,
      headers: response.headers,
      body: JSON.parse(Buffer.concat(chunks).toString()),
    };
  }

  /** The first event that matches, heard already or still to come. */
  async hear(matches: (event: Message) => boolean): Promise<Message> {
    await until(() => this.events.some(matches), 'a message on the socket');
    this.expectDocumented();
    return this.events.find(matches);
  }

  /** The first message of this type about this order. */
  hearAbout(type: string, orderHash: string): Promise<Message> {
    return this.hear((message) => message.type === type && message.data.order_hash === orderHash);
  }

  /** All but the heartbeats: those come by the clock, on a slow machine in the middle of a test. */
  get events(): Message[] {
    return this.messages.filter(({ type }) => type !== 'heartbeat');
  }

  ofType(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  async close(): Promise<void> {
    this.expectDocumented();
    if (this.ws.readyState === WebSocket.CLOSED) return;
    this.ws.close();
    await once(this.ws, 'close');
  }

  /** For events of the version before, or that a test has made up: what they become may not be as documented. */
  undocumented(): this {
    this.isHeld = false;
    return this;
  }

  private expectDocumented(): void {
    if (this.misfit && this.isHeld) throw new Error(this.misfit);
  }
}
