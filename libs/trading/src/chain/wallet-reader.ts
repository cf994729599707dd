import type { Address, Hex } from 'viem';
import type { ChainClient } from './chain-client.js';

/** Asks contract wallets (EIP-1271, before their deployment EIP-6492) through a node of the chain. */
export class WalletReader {
  constructor(private readonly chain: ChainClient) {}

  /** Whether the wallet takes a signature of a hash for its own; fails with `ChainUnknown`. */
  accepts(wallet: string, hash: Hex, signature: string): Promise<boolean> {
    return this.chain.read((node) =>
      node.verifyHash({ address: wallet as Address, hash, signature: signature as Hex }),
    );
  }
}
