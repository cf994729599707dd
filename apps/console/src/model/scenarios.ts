import { signal } from '@preact/signals';
import { type Api, wordsOf } from './api.js';

/** How a scenario goes, as the sandbox tells it. */
export interface Run {
  id: string;
  name: string;
  status: 'running' | 'completed' | 'failed';
  started_at: string;
  ended_at: string | null;
  steps: { at: string; text: string; order_hash: string | null }[];
}

/** What the sandbox plays, and what it is good for. */
export const SCENARIOS: Record<string, string> = {
  'cancel-while-trading': 'The maker asks to cancel an order that you have locked.',
  'cancel-before-trade': 'The maker cancels an order before anybody has locked it.',
  'cancel-then-silence': 'The maker asks, and hears nothing until the time is over.',
  'ask-again': 'The maker asks again after a time-out.',
  burst: 'Fifty requests to cancel at once.',
  'fill-races-cancel': 'A fill and a request to cancel at the same instant.',
  'suspend-and-resume': 'The operator suspends an order and resumes it.',
};

const POLL_MS = 1_500;

/** The sandbox of this installation, where it has one. */
export class Sandbox {
  readonly runs = signal<Run[]>([]);
  readonly trouble = signal('');
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The run whose first order is to be shown. */
  private followed: string | undefined;

  constructor(
    private readonly api: Api,
    private readonly show: (orderHash: string) => void,
  ) {
    void this.read();
  }

  async start(name: string, takerAddress: string): Promise<void> {
    const body = { name, ...(takerAddress && { taker_address: takerAddress }) };
    try {
      this.followed = (await this.api.post<Run>('sandbox/scenarios', body)).id;
      await this.read();
    } catch (error) {
      this.trouble.value = wordsOf(error);
    }
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** As long as one runs, it is asked how it goes. */
  private async read(): Promise<void> {
    this.stop();
    try {
      const { scenarios } = await this.api.get<{ scenarios: Run[] }>('sandbox/scenarios');
      this.runs.value = scenarios;
      this.trouble.value = '';
      this.follow();
    } catch (error) {
      this.trouble.value = wordsOf(error);
    }
    if (this.runs.value.some(({ status }) => status === 'running')) {
      this.timer = setTimeout(() => void this.read(), POLL_MS);
    }
  }

  private follow(): void {
    const run = this.runs.value.find(({ id }) => id === this.followed);
    const hash = run?.steps.find(({ order_hash }) => order_hash)?.order_hash;
    if (!hash) return;
    this.followed = undefined;
    this.show(hash);
  }
}
