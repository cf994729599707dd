import { z } from 'zod';

/** What a maker's login message says; see makers/connect. */
export interface LoginMessage {
  walletAddress: string;
  chainId: string;
  timestamp: Date;
  nonce: string;
}

const isoTime = z.iso.datetime({ offset: true });
const NONCE = /^[\x21-\x7e]{1,128}$/;

/** Reads the four lines, in any order; other lines are ignored. A line that is missing or given twice is no login. */
export function parseLoginMessage(message: string): LoginMessage | undefined {
  const lines = message.split(/\r?\n/);
  const valueOf = (label: string): string | undefined => {
    const values = lines.filter((line) => line.startsWith(`${label}:`));
    return values.length === 1 ? values[0]!.slice(label.length + 1).trim() : undefined;
  };
  const walletAddress = valueOf('Wallet address');
  const chainId = valueOf('ChainId');
  const timestamp = valueOf('Timestamp');
  const nonce = valueOf('Nonce');
  if (!walletAddress || !chainId || !timestamp || !nonce) return undefined;
  if (!isoTime.safeParse(timestamp).success || !NONCE.test(nonce)) return undefined;
  return { walletAddress, chainId, timestamp: new Date(timestamp), nonce };
}
