import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import type { TokenReader } from './token-reader.js';
import type { WalletReader } from './wallet-reader.js';

/** What is read through the node of the chain. */
interface Readers {
  tokens: TokenReader;
  wallets: WalletReader;
}

/** The chain, where one is configured. */
@Injectable()
export class Chain {
  /** Null without a chain. */
  readonly readers: Promise<Readers> | null;

  constructor(@Inject(SETTINGS) settings: Settings) {
    const url = settings.CHAIN_RPC_URL;
    this.readers = url ? readersOf(url, settings) : null;
  }
}

/** Loaded only where there is a chain: its library would take a tenth of the start of every process, the tools' as well. */
async function readersOf(url: string, settings: Settings): Promise<Readers> {
  const { ChainClient } = await import('./chain-client.js');
  const { TokenReader } = await import('./token-reader.js');
  const { WalletReader } = await import('./wallet-reader.js');
  const client = new ChainClient(url, settings);
  return { tokens: new TokenReader(client, settings), wallets: new WalletReader(client) };
}
