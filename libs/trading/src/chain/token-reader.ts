import type { Settings } from '#config';
import {
  type Address,
  BaseError,
  ContractFunctionExecutionError,
  createPublicClient,
  erc20Abi,
  http,
  HttpRequestError,
  type PublicClient,
  RpcRequestError,
  TimeoutError,
} from 'viem';
import type { SignedTerms } from '../orders/order-signature.js';

/** For each of the two round trips of a reading, so that a taker's call never hangs on the node. */
const NODE_TIMEOUT_MS = 2_000;
/** An order's amounts have 18 decimals; those of a token with others could not be compared with them. */
const TOKEN_DECIMALS = 18;

/** What a maker holds of an order's asset, and what the settlement contract may take of it, in the token's smallest unit. */
export interface Funds {
  balance: bigint;
  allowance: bigint;
}

/** Why the chain does not tell, in words for a taker, which name nothing of the inside. */
class FundsUnknown extends Error {}

/** Reads ERC-20 tokens through a node of the chain. */
export class TokenReader {
  private readonly node: PublicClient;

  constructor(
    url: string,
    private readonly settings: Settings,
  ) {
    this.node = createPublicClient({
      transport: http(url, { timeout: NODE_TIMEOUT_MS, retryCount: 0 }),
      // else a token's answer could send the service to URLs of its choice (EIP-3668)
      ccipRead: false,
    });
  }

  /** What the order's maker has; fails with `FundsUnknown`. */
  async read({ maker, asset }: SignedTerms): Promise<Funds> {
    try {
      await this.requireChain();
      return await this.fundsOf(maker as Address, asset as Address);
    } catch (error) {
      throw error instanceof FundsUnknown ? error : new FundsUnknown(reasonOf(error), { cause: error });
    }
  }

  private async requireChain(): Promise<void> {
    const chainId = await this.node.getChainId();
    const { EIP712_CHAIN_ID } = this.settings;
    if (chainId === EIP712_CHAIN_ID) return;
    throw new FundsUnknown(`the node is of chain ${chainId}, orders are of chain ${EIP712_CHAIN_ID}`);
  }

  private async fundsOf(maker: Address, asset: Address): Promise<Funds> {
    const spender = this.settings.EIP712_VERIFYING_CONTRACT.toLowerCase() as Address;
    const token = { abi: erc20Abi, address: asset };
    const [decimals, balance, allowance] = await Promise.all([
      this.node.readContract({ ...token, functionName: 'decimals' }),
      this.node.readContract({ ...token, functionName: 'balanceOf', args: [maker] }),
      this.node.readContract({ ...token, functionName: 'allowance', args: [maker, spender] }),
    ]);
    if (decimals === TOKEN_DECIMALS) return { balance, allowance };
    throw new FundsUnknown(`order.asset has ${decimals} decimals, an order's amounts have ${TOKEN_DECIMALS}`);
  }
}

/** In our own words: those of the errors hold the node's URL, which may carry a key. */
function reasonOf(error: unknown): string {
  const find = <T extends Error>(type: new (...args: never[]) => T): T | null =>
    error instanceof BaseError ? (error.walk((cause) => cause instanceof type) as T | null) : null;
  if (find(TimeoutError)) return `the node did not answer within ${NODE_TIMEOUT_MS} ms`;
  const failed = find(HttpRequestError);
  if (failed?.status) return `the node answered HTTP ${failed.status}`;
  // anything but what the JSON parser throws comes from the connection
  if (failed && (failed.cause as Error).name !== 'SyntaxError') return 'the node cannot be reached';
  const refused = find(RpcRequestError);
  if (refused) return `the node answered JSON-RPC error ${refused.code}`;
  if (find(ContractFunctionExecutionError)) return 'order.asset does not answer as an ERC-20 token does';
  return "the node's answer makes no sense";
}
