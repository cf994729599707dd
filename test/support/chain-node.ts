import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type Address,
  decodeDeployData,
  decodeFunctionData,
  encodeFunctionResult,
  erc20Abi,
  erc6492SignatureValidatorAbi,
  erc6492SignatureValidatorByteCode,
  type Hex,
  numberToHex,
  parseErc6492Signature,
  recoverAddress,
  slice,
} from 'viem';

export interface Token {
  decimals: number;
  balances: Record<string, bigint>;
  /** By owner, then by spender. */
  allowances: Record<string, Record<string, bigint>>;
}

/** A wallet that takes for its own what begins with a signature of its owner. */
export interface ContractWallet {
  owner: string;
  /** What makes it; without one it is deployed. */
  factory?: string;
}

interface RpcCall {
  id: number;
  method: string;
  params: [{ to?: Address; data: Hex }];
}

const VALIDATOR = {
  abi: erc6492SignatureValidatorAbi,
  bytecode: erc6492SignatureValidatorByteCode as Hex,
};

/**
 * A chain's node, as far as ERC-20 balances and contract wallets go: real HTTP, JSON-RPC 2.0 and ABI, over books that the
 * test keeps. Of code that is to be run it knows EIP-6492's validator, and answers as that would.
 */
export class ChainNode {
  chainId = 97;
  tokens: Record<string, Token> = {};
  wallets: Record<string, ContractWallet> = {};
  /** What it does instead of answering, while set. */
  fault: ((response: ServerResponse, call: RpcCall) => void) | null = null;
  /** Authorization headers it has seen. */
  readonly credentials = new Set<string | undefined>();
  private readonly server: Server;
  private port = 0;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** Listens; again on the same port after a stop. */
  async start(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.credentials.add(request.headers.authorization);
    const call = (await json(request)) as RpcCall;
    if (this.fault) return this.fault(response, call);
    respond(response, { jsonrpc: '2.0', id: call.id, result: await this.result(call) });
  }

  private async result({ method, params }: RpcCall): Promise<Hex> {
    if (method === 'eth_chainId') return numberToHex(this.chainId);
    if (method !== 'eth_call') throw new Error(`the service called ${method}`);
    const [{ to, data }] = params;
    if (!to) return this.validated(data);
    const token = this.tokens[to.toLowerCase()];
    if (!token) return '0x';
    const { functionName, args } = decodeFunctionData({ abi: erc20Abi, data });
    const [owner = '', spender = ''] = (args ?? []).map((argument) => String(argument).toLowerCase());
    const encode = (name: 'balanceOf' | 'allowance', result = 0n) =>
      encodeFunctionResult({ abi: erc20Abi, functionName: name, result });
    switch (functionName) {
      case 'decimals':
        return encodeFunctionResult({ abi: erc20Abi, functionName, result: token.decimals });
      case 'balanceOf':
        return encode(functionName, token.balances[owner]);
      case 'allowance':
        return encode(functionName, token.allowances[owner]?.[spender]);
      default:
        throw new Error(`the service read ${functionName}`);
    }
  }

  private async validated(data: Hex): Promise<Hex> {
    const [wallet, hash, given] = decodeDeployData({ ...VALIDATOR, data }).args;
    const { owner, factory } = this.wallets[wallet.toLowerCase()] ?? {};
    const { address, signature } = parseErc6492Signature(given);
    const isThere = factory === undefined || factory === address?.toLowerCase();
    if (!owner || !isThere) return '0x00';
    const signer = await recoverAddress({ hash, signature: slice(signature, 0, 65) });
    return signer.toLowerCase() === owner ? '0x01' : '0x00';
  }
}

export function respond(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
