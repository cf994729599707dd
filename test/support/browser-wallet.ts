import type { Page } from 'playwright-core';
import { type Hex, hexToString } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

type Call = { method: string; params: [Hex, string] };

/** Gives a page a wallet, as an extension of the browser does (EIP-1193): its user agrees to everything. */
export async function giveWallet(page: Page): Promise<void> {
  const account = privateKeyToAccount(generatePrivateKey());
  const answers: Record<string, (params: Call['params']) => unknown> = {
    eth_requestAccounts: () => [account.address],
    personal_sign: ([message]) => account.signMessage({ message: hexToString(message) }),
    eth_signTypedData_v4: ([, typedData]) =>
      account.signTypedData(JSON.parse(typedData) as Parameters<typeof account.signTypedData>[0]),
  };
  await page.exposeFunction('askWallet', ({ method, params }: Call) => answers[method]!(params));
  await page.addInitScript('window.ethereum = { request: (call) => window.askWallet(call) };');
}
