import { type Listener, tell } from './listeners.js';
import { isFinal } from './lockstep-error.js';
import type { EventMessage, PushMessage, Resync } from './messages.js';
import { RecentIds } from './recent-ids.js';
import { pauseAfter } from './retry.js';
import type { OpenSocket } from './socket.js';

/** Each hears the whole message. */
export type PushListeners = { [M in EventMessage as M['type']]?: Listener<M> | undefined };

export interface PushOptions {
  openSocket: OpenSocket;
  /** Where the service is, and which of its sockets. */
  url: string;
  path: string;
  /** What is to be heard, by its type. */
  listeners: PushListeners;
  /** Tells who connects; asked anew for every connect. */
  headers: (url: URL) => Promise<Record<string, string>>;
  /** A call that is refused as the socket would be. */
  probe: () => Promise<unknown>;
  /** Whether a refusal's cause is put right, so that it is worth while to ask once more. */
  isOvercome?: (refusal: unknown) => boolean;
  /** The last id that was heard before. */
  after: string | undefined;
  onResync: Listener<Resync> | undefined;
  report: Listener<unknown>;
  signal: AbortSignal | undefined;
}

/** A socket that is opened again whenever it is lost, until it is closed or the service refuses it. */
export class PushConnection {
  /** Settles when there is no connection any more and will be none; rejected with the refusal, if that is why. */
  readonly ended: Promise<void>;
  private readonly url: string;
  private heardUpTo: string | undefined;
  private readonly heard = new RecentIds();
  private readonly stop = new AbortController();

  private constructor(
    private readonly options: PushOptions,
    opened: () => void,
  ) {
    const { url, path, listeners, after, signal } = options;
    const types = Object.keys(listeners).filter((type) => listeners[type as EventMessage['type']]);
    this.url = `${url.replace(/\/$/, '').replace(/^http/, 'ws')}${path}?types=${types.join(',')}`;
    this.heardUpTo = after;
    if (signal?.aborted) this.stop.abort();
    signal?.addEventListener('abort', () => this.stop.abort(), { once: true, signal: this.stop.signal });
    this.ended = this.run(opened).finally(() => this.stop.abort());
  }

  /** Resolves when the socket is open for the first time; rejects when it is refused, or given up before. */
  static open(options: PushOptions): Promise<PushConnection> {
    return new Promise((resolve, reject) => {
      const connection: PushConnection = new PushConnection(options, () => resolve(connection));
      connection.ended.then(() => reject(new Error('closed before it was connected')), reject);
    });
  }

  get lastId(): string | undefined {
    return this.heardUpTo;
  }

  close(): void {
    this.stop.abort();
  }

  private async run(opened: () => void): Promise<void> {
    let failures = 0;
    let connects = 0;
    while (!this.stop.signal.aborted) {
      const problem = await this.connectOnce(() => {
        failures = 0;
        connects += 1;
        // lost before anything was heard: there is no id after which the service could tell what was missed
        if (connects > 1 && !this.heardUpTo) this.resync({ after: null, kept_since: null });
        opened();
      });
      if (this.stop.signal.aborted) return;
      if (isFinal(problem) && !this.options.isOvercome?.(problem)) throw problem;
      this.options.report(problem);
      await pauseAfter(problem, failures, this.stop.signal);
      failures += 1;
    }
  }

  /** One socket from its opening to its end; returns what ended it. */
  private async connectOnce(opened: () => void): Promise<unknown> {
    try {
      const url = new URL(this.heardUpTo ? `${this.url}&after=${this.heardUpTo}` : this.url);
      const headers = await this.options.headers(url);
      this.stop.signal.throwIfAborted();
      const { openSocket, probe } = this.options;
      const hear = (frame: string): void => this.hear(frame);
      return await openSocket({ url, headers, probe, opened, hear, signal: this.stop.signal });
    } catch (error) {
      return error;
    }
  }

  /** Delivery is at least once. A cancellation request counts until it is answered, so it goes through each time. */
  private hear(frame: string): void {
    try {
      const message = JSON.parse(frame) as PushMessage;
      if (message.type === 'heartbeat') return;
      if (message.type === 'resync') {
        this.heardUpTo = message.id;
        this.resync(message.data);
        return;
      }
      this.hearEvent(message);
    } catch (error) {
      this.options.report(error);
    }
  }

  private resync(data: Resync): void {
    if (this.options.onResync) tell(this.options.onResync, data, this.options.report);
  }

  private hearEvent(message: EventMessage): void {
    const { listeners } = this.options;
    // what a newer service says beside that does not count, and its id is perhaps no event's
    const listener = Object.hasOwn(listeners, message.type) ? listeners[message.type] : undefined;
    if (!listener) return;
    // a request that is pushed again has the id of an event further back
    const isAgain = message.type === 'cancellation_request' && message.data.metadata.redelivered;
    if (!this.heardUpTo || !isAgain) this.heardUpTo = message.id;
    if (message.type !== 'cancellation_request' && !this.heard.add(message.id)) return;
    tell(listener as Listener<EventMessage>, message, this.options.report);
  }
}
