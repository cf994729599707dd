import type { Settings } from '#config';
import { type Address, erc20Abi } from 'viem';
import type { SignedTerms } from '../orders/order-signature.js';
import { type ChainClient, ChainUnknown } from './chain-client.js';

/** An order's amounts have 18 decimals; those of a token with others could not be compared with them. */
const TOKEN_DECIMALS = 18;

/** What a maker holds of an order's asset, and what the settlement contract may take of it, in the token's smallest unit. */
export interface Funds {
  balance: bigint;
  allowance: bigint;
}

/** Reads ERC-20 tokens through a node of the chain. */
export class TokenReader {
  constructor(
    private readonly chain: ChainClient,
    private readonly settings: Settings,
  ) {}

  /** What the order's maker has; fails with `ChainUnknown`. */
  async read({ maker, asset }: SignedTerms): Promise<Funds> {
    const spender = this.settings.EIP712_VERIFYING_CONTRACT.toLowerCase() as Address;
    const token = { abi: erc20Abi, address: asset as Address };
    const [decimals, balance, allowance] = await this.chain.read((node) =>
      Promise.all([
        node.readContract({ ...token, functionName: 'decimals' }),
        node.readContract({ ...token, functionName: 'balanceOf', args: [maker as Address] }),
        node.readContract({ ...token, functionName: 'allowance', args: [maker as Address, spender] }),
      ]),
    );
    if (decimals === TOKEN_DECIMALS) return { balance, allowance };
    throw new ChainUnknown(`order.asset has ${decimals} decimals, an order's amounts have ${TOKEN_DECIMALS}`);
  }
}
