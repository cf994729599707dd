import type { Settings } from '#config';
import {
  BaseError,
  ContractFunctionExecutionError,
  createPublicClient,
  http,
  HttpRequestError,
  type PublicClient,
  RpcRequestError,
  TimeoutError,
} from 'viem';

/** For each round trip to the node, so that no call hangs on it. */
const NODE_TIMEOUT_MS = 2_000;

/** Why the chain does not tell, in words for a caller, which name nothing of the inside. */
export class ChainUnknown extends Error {}

/** A node of the chain. */
export class ChainClient {
  private readonly node: PublicClient;

  constructor(
    url: string,
    private readonly settings: Settings,
  ) {
    this.node = createPublicClient({
      transport: http(url, { timeout: NODE_TIMEOUT_MS, retryCount: 0 }),
      // else a contract's answer could send the service to URLs of its choice (EIP-3668)
      ccipRead: false,
    });
  }

  /** Reads something of the chain that orders are of; fails with `ChainUnknown`. */
  async read<T>(from: (node: PublicClient) => Promise<T>): Promise<T> {
    try {
      await this.requireChain();
      return await from(this.node);
    } catch (error) {
      throw error instanceof ChainUnknown ? error : new ChainUnknown(reasonOf(error), { cause: error });
    }
  }

  private async requireChain(): Promise<void> {
    const chainId = await this.node.getChainId();
    const { EIP712_CHAIN_ID } = this.settings;
    if (chainId === EIP712_CHAIN_ID) return;
    throw new ChainUnknown(`the node is of chain ${chainId}, orders are of chain ${EIP712_CHAIN_ID}`);
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
