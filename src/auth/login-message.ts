/** What a maker's login message says; see makers/connect. */
export interface LoginMessage {
  walletAddress: string;
  chainId: string;
  timestamp: Date;
  nonce: string;
}

const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
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
  if (!ISO_8601.test(timestamp) || Number.isNaN(Date.parse(timestamp)) || !NONCE.test(nonce))
    return undefined;
  return { walletAddress, chainId, timestamp: new Date(timestamp), nonce };
}
