import { signal } from '@preact/signals';
import type { PushMessage } from '#client';
import { serviceTime } from './clock.js';
import type { Message } from './types.js';

/** How the connection stands, for the one who watches. */
export type FeedState =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'waiting'; until: number; why: string }
  | { is: 'ended'; why: string };

/** The pause before the next try doubles from the first to the last. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Heartbeats come every 30 s. A socket that is silent for two of them, and a little, is dead. */
const SILENCE_MS = 65_000;
/** Of messages that were heard: the service may say one twice. */
const KEPT_IDS = 2_000;

const CLOSE_REASONS: Record<number, string> = {
  1001: 'the service stops',
  1006: 'the connection was lost',
  1008: 'the key or token ended',
  1012: 'the service asks to connect again',
  1013: 'this page reads too slowly',
};

/** What a call says while no socket can be opened, as a browser does not tell why one was refused. */
export type Probe = { is: 'answered' } | { is: 'away' } | { is: 'refused'; why: string };

const WITHOUT_SOCKET = {
  away: 'the service cannot be reached',
  answered:
    'calls are answered, but no socket is opened: a proxy on the way must pass WebSockets on and keep Host, ' +
    `or ALLOWED_ORIGINS must name ${location.origin}`,
};

export interface FeedOptions {
  url: URL;
  protocols: string[];
  hear: (message: Message) => void;
  /** The service's time. */
  heartbeat: (timestamp: number) => void;
  /** The socket is open: what was missed comes now, where the service still knows it. */
  opened: () => void;
  probe: () => Promise<Probe>;
}

/** A socket that is opened again whenever it is lost, until it is closed or refused for good. */
export class Feed {
  readonly state = signal<FeedState>({ is: 'connecting' });
  /** Open or not yet; aborted: whatever the socket says later counts no more. */
  private socket: { ws: WebSocket; left: AbortController } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private lastId: string | undefined;
  private readonly heardIds = new Set<string>();
  private readonly retryNow = (): void => this.retry();

  constructor(private readonly options: FeedOptions) {
    window.addEventListener('online', this.retryNow);
    this.connect();
  }

  /** At once, instead of when the pause is over. */
  retry(): void {
    if (this.state.value.is === 'waiting') this.connect();
  }

  close(): void {
    window.removeEventListener('online', this.retryNow);
    this.leave();
    this.state.value = { is: 'ended', why: 'signed out' };
  }

  private connect(): void {
    this.leave();
    this.state.value = { is: 'connecting' };
    const url = new URL(this.options.url);
    if (this.lastId) url.searchParams.set('after', this.lastId);
    const ws = new WebSocket(url, this.options.protocols);
    const left = new AbortController();
    this.socket = { ws, left };
    this.giveUpAfter(CONNECT_TIMEOUT_MS);
    ws.addEventListener('open', () => this.opened(), { signal: left.signal });
    ws.addEventListener('message', ({ data }: MessageEvent<string>) => this.hear(data), {
      signal: left.signal,
    });
    const closed = ({ code }: CloseEvent): void => {
      void this.lost(CLOSE_REASONS[code] ?? `the socket was closed (${code})`);
    };
    ws.addEventListener('close', closed, { signal: left.signal });
  }

  private opened(): void {
    this.failures = 0;
    this.state.value = { is: 'live' };
    this.giveUpAfter(SILENCE_MS);
    this.options.opened();
  }

  private hear(frame: string): void {
    this.giveUpAfter(SILENCE_MS);
    const message = JSON.parse(frame) as PushMessage;
    if (message.type === 'heartbeat') return this.options.heartbeat(message.timestamp);
    const isAgain = message.type === 'cancellation_request' && message.data.metadata.redelivered;
    // a request that is pushed again has the id of an event further back
    if (!isAgain || !this.lastId) this.lastId = message.id;
    if (this.heardIds.has(message.id) && !isAgain) return;
    this.heardIds.add(message.id);
    if (this.heardIds.size > KEPT_IDS) this.heardIds.delete(this.heardIds.values().next().value!);
    this.options.hear(message);
  }

  private async lost(why: string): Promise<void> {
    this.leave();
    const lostIn = this.state.value;
    this.state.value = { is: 'connecting' };
    const probe = await this.options.probe();
    if (this.state.value.is !== 'connecting' || this.socket) return; // closed meanwhile
    if (probe.is === 'refused') {
      window.removeEventListener('online', this.retryNow);
      this.state.value = { is: 'ended', why: probe.why };
      return;
    }
    const pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
    this.failures += 1;
    const words = lostIn.is === 'live' ? why : WITHOUT_SOCKET[probe.is];
    this.state.value = { is: 'waiting', until: serviceTime() + pause, why: words };
    this.timer = setTimeout(() => this.connect(), pause);
  }

  private giveUpAfter(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.lost('nothing was heard any more'), milliseconds);
  }

  private leave(): void {
    clearTimeout(this.timer);
    this.socket?.left.abort();
    this.socket?.ws.close();
    this.socket = undefined;
  }
}
