import { EventEmitter } from 'node:events';
import type { TranscriptEntry } from '../report.js';
import type { BotCall } from './bot-call.js';

/** Far more than a run of some minutes has; what is beyond is judged, but not kept as proof. */
const MAX_ENTRIES = 50_000;
/** Of a frame or body as it is shown. */
const MAX_BODY_CHARACTERS = 4_000;
const SECRET_FIELDS = /("(?:signature|api_key|token|jwt)"\s*:\s*)"[^"]*"/g;

/** A message that was pushed towards the bot, whole. */
export interface Delivered {
  at: number;
  type: string;
  id: string | undefined;
}

/** All that passes the runner: what is told in transcripts, and what verdicts stand on. */
export class Tape {
  readonly entries: TranscriptEntry[] = [];
  readonly calls: BotCall[] = [];
  readonly delivered: Delivered[] = [];
  private readonly byOrder = new Map<string, BotCall[]>();
  private readonly secrets = new Set<string>();
  private readonly bell = new EventEmitter().setMaxListeners(0);

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring(), { once: true });
  }

  /** What no transcript may have. */
  hide(secret: string | undefined): void {
    if (secret) this.secrets.add(secret);
  }

  write({ body, label, ...entry }: Omit<TranscriptEntry, 'at'>): void {
    if (this.entries.length < MAX_ENTRIES) {
      const shown = body === null ? null : this.clean(body.replace(SECRET_FIELDS, '$1"…"'));
      const at = new Date().toISOString();
      const cut =
        shown && shown.length > MAX_BODY_CHARACTERS ? `${shown.slice(0, MAX_BODY_CHARACTERS)}…` : shown;
      this.entries.push({ at, ...entry, label: this.clean(label), body: cut });
    }
    this.ring();
  }

  keep(call: BotCall): void {
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
