import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type Address,
  decodeFunctionData,
  encodeFunctionResult,
  erc20Abi,
  type Hex,
  numberToHex,
} from 'viem';

export interface Token {
  decimals: number;
  balances: Record<string, bigint>;
  /** By owner, then by spender. */
  allowances: Record<string, Record<string, bigint>>;
}

interface RpcCall {
  id: number;
  method: string;
  params: [{ to: Address; data: Hex }];
}

/** A chain's node, as far as ERC-20 balances go: real HTTP, JSON-RPC 2.0 and ABI, over books that the test keeps. */
export class ChainNode {
  chainId = 97;
  tokens: Record<string, Token> = {};
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
    respond(response, { jsonrpc: '2.0', id: call.id, result: this.result(call) });
  }

  private result({ method, params }: RpcCall): Hex {
    if (method === 'eth_chainId') return numberToHex(this.chainId);
    if (method !== 'eth_call') throw new Error(`the service called ${method}`);
    const [{ to, data }] = params;
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
}

export function respond(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
