import { Inject, Injectable, Logger } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
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

/** What a maker holds of the order's asset, and what the settlement contract may take of it; null when unknown. */
export interface FundsCheck {
  balance: bigint | null;
  allowance: bigint | null;
  /** For a person, one for each failed check. */
  errors: string[];
}

/** Why the chain does not tell, in words for a taker, which name nothing of the inside. */
class FundsUnknown extends Error {}

/** Reads from the chain whether a maker can pay. */
@Injectable()
export class MakerFundsService {
  private readonly logger = new Logger(MakerFundsService.name);
  private readonly node: PublicClient | null;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    const url = settings.CHAIN_RPC_URL;
    this.node = url
      ? createPublicClient({
          transport: http(url, { timeout: NODE_TIMEOUT_MS, retryCount: 0 }),
          // else a token's answer could send the service to URLs of its choice (EIP-3668)
          ccipRead: false,
        })
      : null;
  }

  /** Never fails: what cannot be read is unknown, and an error says so. Without a chain nothing is checked. */
  async check(terms: SignedTerms): Promise<FundsCheck> {
    if (!this.node) return { balance: null, allowance: null, errors: [] };
    if (!this.settings.CHAIN_TOKENS.includes(terms.asset)) {
      return unknown(`order.asset ${terms.asset} is not a token that this service knows`);
    }
    try {
      const funds = await this.read(this.node, terms);
      return { ...funds, errors: shortfalls(terms, funds) };
    } catch (error) {
      const reason = reasonOf(error);
      this.logger.warn(`the chain could not be read: ${reason}`);
      return unknown(reason);
    }
  }

  private async read(
    node: PublicClient,
    terms: SignedTerms,
  ): Promise<{ balance: bigint; allowance: bigint }> {
    const { EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT } = this.settings;
    const chainId = await node.getChainId();
    if (chainId !== EIP712_CHAIN_ID) {
      throw new FundsUnknown(`the node is of chain ${chainId}, orders are of chain ${EIP712_CHAIN_ID}`);
    }
    const [maker, spender] = [terms.maker, EIP712_VERIFYING_CONTRACT.toLowerCase()] as [Address, Address];
    const token = { abi: erc20Abi, address: terms.asset as Address };
    const [decimals, balance, allowance] = await Promise.all([
      node.readContract({ ...token, functionName: 'decimals' }),
      node.readContract({ ...token, functionName: 'balanceOf', args: [maker] }),
      node.readContract({ ...token, functionName: 'allowance', args: [maker, spender] }),
    ]);
    if (decimals !== TOKEN_DECIMALS) {
      throw new FundsUnknown(
        `order.asset has ${decimals} decimals, an order's amounts have ${TOKEN_DECIMALS}`,
      );
    }
    return { balance, allowance };
  }
}

function unknown(reason: string): FundsCheck {
  const error = `maker_balance and maker_allowance are unknown: ${reason}`;
  return { balance: null, allowance: null, errors: [error] };
}

/** The asset is what orders are paid in: a buyer needs it, a seller gets it. */
function shortfalls(terms: SignedTerms, funds: { balance: bigint; allowance: bigint }): string[] {
  if (!terms.is_buy) return [];
  const due = BigInt(terms.price) * BigInt(terms.quantity) + BigInt(terms.incentive);
  return (['balance', 'allowance'] as const)
    .filter((name) => funds[name] < due)
    .map((name) => `maker_${name} ${funds[name]} is below price × quantity + incentive, ${due}`);
}

/** In our own words: those of the errors hold the node's URL, which may carry a key. */
function reasonOf(error: unknown): string {
  if (error instanceof FundsUnknown) return error.message;
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
