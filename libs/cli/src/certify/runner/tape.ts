import { EventEmitter } from 'node:events';
import type { TranscriptEntry } from '../report.js';
import type { BotCall } from './bot-call.js';

/** Far more than a run of some minutes has; what is beyond is not kept. */
const MAX_ENTRIES = 50_000;
const MAX_CALLS = 100_000;
/** A bot has one key, or a few. */
const MAX_SECRETS = 100;
/** Of a frame or body as it is shown. */
const MAX_BODY_CHARACTERS = 4_000;
const SECRET_FIELDS = /("(?:signature|api_key|token|jwt)"\s*:\s*)"[^"]*"/g;

/** A message that was pushed towards the bot, whole. */
export interface Delivered {
  at: number;
  type: string;
  id: string | undefined;
  order: string | null;
  /** As a scenario has changed it. */
  isFault: boolean;
}

/** All that passes the runner: what is told in transcripts, and what verdicts stand on. */
export class Tape {
  readonly entries: TranscriptEntry[] = [];
  readonly calls: BotCall[] = [];
  readonly delivered: Delivered[] = [];
  /** Of messages that the bot was told of, on a socket or in a list. */
  readonly knownIds = new Set<string>();
  private readonly byOrder = new Map<string, BotCall[]>();
  private readonly secrets = new Set<string>();
  private readonly bell = new EventEmitter().setMaxListeners(0);

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring(), { once: true });
  }

  /** What no transcript may have. */
  hide(secret: string | undefined): void {
    if (secret && this.secrets.size < MAX_SECRETS) this.secrets.add(secret);
  }

  /** Of a bot's call, where it is one. */
  write({ body, label, ...rest }: Omit<TranscriptEntry, 'at'>, call?: BotCall): void {
    if (this.entries.length < MAX_ENTRIES) {
      const shown = body === null ? null : this.shown(body);
      const entry = { at: new Date().toISOString(), ...rest, label: this.clean(label), body: shown };
      this.entries.push(entry);
      call?.entries.push(entry);
    }
    this.ring();
  }

  /** A body without secrets. It is cut last: half a secret would not be found. */
  shown(body: string): string {
    const cleaned = this.clean(body.replace(SECRET_FIELDS, '$1"…"'));
    return cleaned.length > MAX_BODY_CHARACTERS ? `${cleaned.slice(0, MAX_BODY_CHARACTERS)}…` : cleaned;
  }

  deliver(delivered: Delivered): void {
    this.delivered.push(delivered);
    if (delivered.id !== undefined) this.knownIds.add(delivered.id);
    this.ring();
  }

  keep(call: BotCall): void {
    if (this.calls.length >= MAX_CALLS) return;
    this.calls.push(call);
    if (call.order === null) return;
    const others = this.byOrder.get(call.order);
    if (others) others.push(call);
    else this.byOrder.set(call.order, [call]);
  }

  callsOf(order: string): BotCall[] {
    return this.byOrder.get(order) ?? [];
  }

  /** Wakes whoever waits for a condition. */
  ring(): void {
    this.bell.emit('heard');
  }

  /** Waits until something has come about; undefined when it has not in time. */
  async until<T>(found: () => T | undefined | false, patienceMs: number): Promise<T | undefined> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const result = found();
      if (result) return result;
      this.signal.throwIfAborted();
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      await this.wakeWithin(left);
    }
  }

  private wakeWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.bell.off('heard', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.bell.on('heard', wake);
    });
  }

  private clean(text: string): string {
    let cleaned = text;
    for (const secret of this.secrets) cleaned = cleaned.replaceAll(secret, '…');
    return cleaned;
  }
}
