import { signal } from '@preact/signals';
import { type Api, wordsOf } from './api.js';

/** A scenario that was started. */
export interface Run {
  id: string;
  name: string;
  status: 'running' | 'completed' | 'failed';
}

export interface RunStep {
  at: string;
  text: string;
  order_hash: string | null;
}

/** What the sandbox plays, for one who answers by hand. */
export const SCENARIOS: Record<string, string> = {
  'cancel-while-trading': 'Lock the order that comes. A few seconds later its maker asks to cancel it.',
  'cancel-before-trade': 'The maker asks to cancel as soon as you have locked its order.',
  'cancel-then-silence': 'The maker asks once. Let the time run out, then answer late.',
  'ask-again': 'Refuse, or let the time run out: the maker asks once more.',
  'suspend-and-resume':
    'The operator suspends the order that you have locked, and resumes it. Then its maker asks.',
  'fill-races-cancel': 'For a bot: the maker asks at about the time at which it fills, five times.',
  burst: 'For a bot: fifty orders to lock, then fifty requests at once.',
};

const POLL_MS = 1_500;
const SHOWN_RUNS = 5;

/** The sandbox of this installation, where it has one. */
export class Sandbox {
  /** The newest. */
  readonly runs = signal<Run[]>([]);
  /** How they went, of those that were looked at. */
  readonly steps = signal<ReadonlyMap<string, RunStep[]>>(new Map());
  readonly trouble = signal('');
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The run whose first order is to be shown. */
  private followed: string | undefined;
  private isStopped = false;

  constructor(
    private readonly api: Api,
    private readonly show: (orderHash: string) => void,
  ) {
    void this.read();
  }

  async start(name: string, takerAddress: string): Promise<void> {
    this.trouble.value = '';
    try {
      const run = await this.api.post<Run>('sandbox/scenarios', { name, taker_address: takerAddress });
      this.followed = run.id;
      this.keep([run, ...this.runs.value]);
      await this.read();
    } catch (error) {
      this.trouble.value = wordsOf(error);
    }
  }

  /** Asks how one went. */
  async look(id: string): Promise<void> {
    try {
      const { steps } = await this.api.get<{ steps: RunStep[] }>(`sandbox/scenarios/${id}`);
      this.steps.value = new Map(this.steps.value).set(id, steps);
    } catch (error) {
      this.trouble.value = wordsOf(error);
    }
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** As long as one runs, it is asked how it goes. */
  private async read(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const ran = this.running();
      this.keep((await this.api.get<{ scenarios: Run[] }>('sandbox/scenarios')).scenarios);
      this.trouble.value = '';
      // what has just ended has its last steps
      await Promise.all([...new Set([...ran, ...this.running()])].map((id) => this.look(id)));
      this.follow();
    } catch (error) {
      this.trouble.value = wordsOf(error);
    }
    if (this.running().length > 0 && !this.isStopped) {
      this.timer = setTimeout(() => void this.read(), POLL_MS);
    }
  }

  private keep(runs: Run[]): void {
    this.runs.value = runs.slice(0, SHOWN_RUNS);
    const shown = new Set(this.runs.value.map(({ id }) => id));
    this.steps.value = new Map([...this.steps.value].filter(([id]) => shown.has(id)));
  }

  private running(): string[] {
    return this.runs.value.filter(({ status }) => status === 'running').map(({ id }) => id);
  }

  private follow(): void {
    const steps = this.steps.value.get(this.followed ?? '');
    const hash = steps?.find(({ order_hash }) => order_hash)?.order_hash;
    if (!hash) return;
    this.followed = undefined;
    this.show(hash);
  }
}
