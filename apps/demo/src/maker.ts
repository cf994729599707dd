import { connectMaker, type Maker as Client, type NewOrder, type OrderView, type Session } from '#client';
import type { Environment } from '#config';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { DemoFailure } from './demo-failure.js';
import { Mailbox } from './mailbox.js';
import type { Screen } from './screen.js';
import { shownCalls, shownOpening } from './shown-calls.js';

const HOUR_S = 3600;

/** What the maker wants to trade. */
export type Wish = Pick<NewOrder, 'is_buy' | 'ticker' | 'quantity' | 'price' | 'nonce'>;

/** What a taker is asked, and until when it has time to answer. */
export interface Question {
  requestId: string;
  expiresAt: Date;
}

/** A wallet user: logs in, places orders, and would like to cancel them. */
export class Maker {
  readonly mail: Mailbox;
  session: Session | undefined;
  private client!: Client;

  constructor(
    private readonly url: string,
    private readonly settings: Environment,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {
    this.mail = new Mailbox('MAKER', screen, signal);
  }

  /** Proves the ownership of a fresh wallet with a signature; from then on calls carry a token. */
  async logIn(): Promise<void> {
    const wallet = privateKeyToAccount(generatePrivateKey());
    this.client = await connectMaker({
      url: this.url,
      account: {
        ...wallet,
        signMessage: ({ message }) => {
          this.screen.signs('MAKER', message as string);
          return wallet.signMessage({ message });
        },
      },
      chainId: this.settings.EIP712_CHAIN_ID,
      verifyingContract: this.settings.EIP712_VERIFYING_CONTRACT,
      fetch: shownCalls('MAKER', this.screen, this.signal),
    });
  }

  async listen(): Promise<void> {
    const path = '/ws/maker/v1?types=order_status_change,cancellation_update';
    this.session = await shownOpening('MAKER', this.screen, path, () =>
      this.client.listen({
        onOrderStatusChange: (data) => this.mail.keep({ type: 'order_status_change', data }),
        onCancellationUpdate: (data) => this.mail.keep({ type: 'cancellation_update', data }),
        onProblem: (problem) => this.mail.fail(problem),
        signal: this.signal,
      }),
    );
  }

  place(wish: Wish): Promise<OrderView> {
    const validForS = (this.settings.ORDER_MIN_VALIDITY_HOURS + 24) * HOUR_S;
    return this.client.place({
      asset: '0x55d398326f99059ff775485246999027b3197955',
      incentive: '500000000000000000',
      deadline: Math.floor(Date.now() / 1000) + validForS,
      ...wish,
    });
  }

  /** Asks to cancel an order that a taker holds. */
  async askToCancel({ id }: OrderView): Promise<Question> {
    const answer = await this.client.cancel(id);
    if (answer.success) throw new DemoFailure('The order was cancelled without asking its taker.');
    const { request_id, expires_at } = answer.cancellation;
    return { requestId: request_id, expiresAt: new Date(expires_at) };
  }

  /** Cancels an order that nobody holds. */
  async cancel({ id }: OrderView): Promise<void> {
    const answer = await this.client.cancel(id);
    if (!answer.success) throw new DemoFailure('The order was not cancelled, though nobody held it.');
  }

  look({ id }: OrderView): Promise<OrderView> {
    return this.client.order(id);
  }
}
