import { bytesToHex } from 'viem/utils';
import { type Api, dataOf } from './api.js';
import type { OrderTypedData } from './order-signature.js';
import { ServerClock } from './server-clock.js';

/** The wallet: an account of viem's, or anything that signs like one. */
export interface MakerAccount {
  address: string;
  signMessage: (login: { message: string }) => Promise<string>;
  signTypedData: (order: OrderTypedData) => Promise<string>;
}

/** A token is replaced when no more than this is left of its life. */
const RENEWAL_MARGIN_MS = 60_000;

/** The text that a wallet signs to log in. */
export function loginMessage(address: string, chainId: number, now = Date.now()): string {
  return [
    `Wallet address: ${address}`,
    `ChainId: ${chainId}`,
    `Timestamp: ${new Date(now).toISOString()}`,
    `Nonce: ${bytesToHex(crypto.getRandomValues(new Uint8Array(16)))}`,
  ].join('\n');
}

/** A maker's token, got with a wallet signature; before it expires, another one is got. */
export class MakerToken {
  private jwt = '';
  private renewal: Promise<void> | undefined;
  private readonly clock = new ServerClock();

  constructor(
    private readonly api: Api,
    private readonly account: MakerAccount,
    private readonly chainId: number,
  ) {}

  async current(): Promise<string> {
    if (this.clock.now() > expiryOf(this.jwt) - RENEWAL_MARGIN_MS) {
      this.renewal ??= this.logInOnTime().finally(() => (this.renewal = undefined));
      await this.renewal;
    }
    return this.jwt;
  }

  /** The next call logs in again. */
  forget(): void {
    this.jwt = '';
  }

  private async logInOnTime(): Promise<void> {
    const signedWithMs = this.clock.offsetMs;
    try {
      await this.logIn();
    } catch (error) {
      if (!this.clock.learnFrom(error, signedWithMs)) throw error;
      await this.logIn();
    }
  }

  private async logIn(): Promise<void> {
    const { address } = this.account;
    const message = loginMessage(address, this.chainId, this.clock.now());
    const signature = await this.account.signMessage({ message });
    const body = { wallet_address: address, chain_id: String(this.chainId), message, signature };
    const { jwt } = await dataOf(this.api.POST('/api/v1/makers/connect', { body }));
    this.jwt = jwt;
  }
}

/** When a token expires, Unix milliseconds. */
function expiryOf(jwt: string): number {
  const [, claims] = jwt.replaceAll('-', '+').replaceAll('_', '/').split('.');
  return claims ? (JSON.parse(atob(claims)) as { exp: number }).exp * 1000 : 0;
}
