import type { Api } from './api.js';
import type { HistoryEvent } from './types.js';

/** Of a long history the newest: a page that is open for days must not grow. */
const KEPT_EVENTS = 300;
/** Of up to 500 events. */
const MAX_PAGES = 200;

/** One order's history, of which only what is new is read. */
export class History {
  readonly events: HistoryEvent[] = [];
  /** Whether there were older events than are kept. */
  isCut = false;
  private after: string | null = null;

  constructor(
    private readonly api: Api,
    readonly orderHash: string,
    private readonly path: string,
  ) {}

  async read(): Promise<void> {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query: string = this.after ? `?after=${this.after}` : '';
      const read: { events: HistoryEvent[]; next_after: string | null } = await this.api.get(
        this.path + query,
      );
      this.events.push(...read.events);
      this.after = this.events.at(-1)?.id ?? null;
      if (this.events.length > KEPT_EVENTS) {
        this.isCut = true;
        this.events.splice(0, this.events.length - KEPT_EVENTS);
      }
      if (read.next_after === null) return;
    }
  }
}
