import { Injectable } from '@nestjs/common';
import type { Hex } from 'viem';
import { ChainAwayError } from '../trading-error.js';
import { Chain } from './chain.service.js';
import { readSigner } from './signer.js';
import type { WalletReader } from './wallet-reader.js';

/** What a signature is worth. */
export interface WalletSignature {
  /** In its one form: that of a key-held wallet has 65 bytes with v 27 or 28. */
  signature: string;
  /** Why it is not the wallet's, as the end of a sentence about it; null when it is. */
  fault: string | null;
}

/** Checks signatures of wallets that are keys and, where a chain is configured, of those that are contracts. */
@Injectable()
export class WalletSignatures {
  constructor(private readonly chain: Chain) {}

  /** Without asking a contract. The wallet and the signature are lower-case. */
  checkKey(wallet: string, hash: Hex, given: string): WalletSignature {
    const { signer, signature, fault = `recovers to ${signer}` } = readSigner(hash, given);
    return signer === wallet ? { signature, fault: null } : { signature: given, fault };
  }

  /** Fails with `ChainAwayError` where only the chain can tell, and does not. */
  async check(wallet: string, hash: Hex, given: string): Promise<WalletSignature> {
    const { signature, fault } = this.checkKey(wallet, hash, given);
    if (fault === null) return { signature, fault };
    const { readers } = this.chain;
    if (!readers) {
      return { signature, fault: `${fault}, and without a chain only key-held wallets are known here` };
    }
    if (await isOfContract((await readers).wallets, wallet, hash, given)) return { signature, fault: null };
    return { signature, fault: `${fault}, and no contract wallet at ${wallet} takes it for its own` };
  }
}

async function isOfContract(
  wallets: WalletReader,
  wallet: string,
  hash: Hex,
  given: string,
): Promise<boolean> {
  try {
    return await wallets.accepts(wallet, hash, given);
  } catch (error) {
    throw new ChainAwayError(
      `whether ${wallet} is a contract wallet that takes this signature is not known: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
