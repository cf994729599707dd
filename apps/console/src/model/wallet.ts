import type { ConfigAnswer } from '#client';
import { getAddress } from 'viem/utils';
import { createSiweMessage } from 'viem/siwe';
import type { MakerAccess } from './access.js';
import { Api, wordsOf } from './api.js';
import { serviceTime } from './clock.js';

/** EIP-1193: what a wallet in the browser offers to pages. */
export interface WalletProvider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
}

export interface Wallet {
  name: string;
  provider: WalletProvider;
}

/** EIP-6963: wallets announce themselves, when asked and when they are loaded. */
interface Announcement {
  info: { uuid: string; name: string };
  provider: WalletProvider;
}

/** Tells of every wallet of this browser, whenever one is found; returns what ends it. */
export function watchWallets(found: (wallets: Wallet[]) => void): () => void {
  const announced = new Map<string, Wallet>();
  const tell = (): void => {
    const { ethereum } = window as { ethereum?: WalletProvider };
    const old = ethereum ? [{ name: 'the browser’s wallet', provider: ethereum }] : [];
    found(announced.size > 0 ? [...announced.values()] : old);
  };
  const hear = (event: Event): void => {
    const { info, provider } = (event as CustomEvent<Announcement>).detail;
    announced.set(info.uuid, { name: info.name, provider });
    tell();
  };
  window.addEventListener('eip6963:announceProvider', hear);
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  tell();
  return () => window.removeEventListener('eip6963:announceProvider', hear);
}

/** EIP-1193: the user said no. */
const REFUSED = 4001;

async function ask<T>(provider: WalletProvider, call: { method: string; params?: unknown[] }): Promise<T> {
  try {
    return (await provider.request(call)) as T;
  } catch (error) {
    const isRefused = (error as { code?: unknown } | null)?.code === REFUSED;
    const words = isRefused ? 'You refused it in your wallet.' : `Your wallet says: ${wordsOf(error)}`;
    throw new Error(words, { cause: error });
  }
}

/** Logs a maker in: the wallet signs an EIP-4361 message for this page's host. */
export async function logIn({ provider }: Wallet, { chain_id: chainId }: ConfigAnswer): Promise<MakerAccess> {
  const [account] = await ask<string[]>(provider, { method: 'eth_requestAccounts' });
  if (!account) throw new Error('The wallet offers no account.');
  const address = getAddress(account);
  const message = createSiweMessage({
    address,
    chainId,
    domain: location.host,
    issuedAt: new Date(serviceTime()),
    nonce: crypto.getRandomValues(new Uint32Array(4)).reduce((text, part) => text + part.toString(36), ''),
    statement: 'Sign in to the Lockstep console.',
    uri: location.origin,
    version: '1',
  });
  const hex = `0x${[...new TextEncoder().encode(message)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const signature = await ask<string>(provider, { method: 'personal_sign', params: [hex, address] });
  const login = { wallet_address: address, chain_id: String(chainId), message, signature };
  const { jwt } = await new Api().post<{ jwt: string }>('api/v1/makers/connect', login);
  return { role: 'maker', token: jwt };
}
