import { createClient, custom } from 'viem';
import { requestAddresses, signMessage, signTypedData } from 'viem/actions';
import type { MakerAccount } from './maker-token.js';

/** What a wallet offers to pages (EIP-1193): `window.ethereum`, or what a wallet announces (EIP-6963). */
export type WalletProvider = Parameters<typeof custom>[0];

/** Asks a wallet for its account: it asks its user, now and whenever something is to be signed. */
export async function walletAccount(provider: WalletProvider): Promise<MakerAccount> {
  const client = createClient({ transport: custom(provider) });
  const [address] = await requestAddresses(client);
  if (!address) throw new Error('the wallet offers no account');
  return {
    address,
    signMessage: ({ message }) => signMessage(client, { account: address, message }),
    signTypedData: (order) => signTypedData(client, { account: address, ...order }),
  };
}
