import { EventEmitter, once } from 'node:events';
import { createTaker, type OrderView, type Session, type Taker as Client, type Verdict } from '#client';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { Mailbox } from './mailbox.js';
import type { Screen } from './screen.js';
import { shownCalls, shownOpening } from './shown-calls.js';

/** Long enough for the play, whatever the service's own lock time is. */
const LOCK_SECONDS = 600;

/** A broker with an API key: locks orders, and decides when their maker would like to cancel. */
export class Taker {
  readonly address = privateKeyToAddress(generatePrivateKey()).toLowerCase();
  readonly mail: Mailbox;
  session: Session | undefined;
  private client!: Client;
  /** `verdict` when the play has the taker decide, `answered` when that is recorded. */
  private readonly decisions = new EventEmitter();

  constructor(
    private readonly url: string,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {
    this.mail = new Mailbox('TAKER', screen, signal);
  }

  async listen(apiKey: string): Promise<void> {
    const { url, address, screen, signal, decisions } = this;
    this.client = createTaker({ url, apiKey, address, fetch: shownCalls('TAKER', screen, signal) });
    const path = '/ws/taker/v1?types=order_status_change,cancellation_request';
    this.session = await shownOpening('TAKER', screen, path, () =>
      this.client.listen({
        onOrderStatusChange: (data) => this.mail.keep({ type: 'order_status_change', data }),
        onCancellationRequest: async (data) => {
          this.mail.keep({ type: 'cancellation_request', data });
          const [verdict] = await once(decisions, 'verdict', { signal });
          return verdict as Verdict;
        },
        onAnswered: () => decisions.emit('answered'),
        onAnswerRefused: ({ error }) => decisions.emit('error', error),
        onProblem: (problem) => this.mail.fail(problem),
        signal,
      }),
    );
  }

  async lock({ order_hash }: OrderView): Promise<void> {
    await this.client.lock({ order_hash, lock_duration: LOCK_SECONDS });
  }

  /** Decides on the cancellation request that it has heard, and waits until the answer is recorded. */
  async decide(verdict: Verdict): Promise<void> {
    const answered = once(this.decisions, 'answered', { signal: this.signal });
    this.decisions.emit('verdict', verdict);
    await answered;
  }

  async unlock({ order_hash }: OrderView): Promise<void> {
    await this.client.unlock({ order_hash });
  }
}
