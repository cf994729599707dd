import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { TestService } from './service.js';
import { until } from './until.js';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  opcode: number;
  payload?: Buffer | string;
  fin?: boolean;
  /** The three reserved bits. */
  rsv?: number;
  masked?: boolean;
}

/** A client's frame, also such as no client would send. */
export function frame({ opcode, payload = '', fin = true, rsv = 0, masked = true }: FrameOptions): Buffer {
  const body = Buffer.from(payload);
  const length =
    body.length < 126 ? Buffer.of(body.length) : Buffer.of(126, body.length >> 8, body.length & 0xff);
  length[0]! |= masked ? 0x80 : 0;
  const first = Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  // a mask of zeros leaves the payload as it is
  return Buffer.concat([first, length, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}

/** A WebSocket whose client's side is bytes. */
export class RawSocket {
  private received = Buffer.alloc(0);

  private constructor(readonly tcp: TcpSocket) {
    tcp.on('data', (data) => (this.received = Buffer.concat([this.received, data])));
    tcp.on('error', () => {});
  }

  static async open(url: string, headers: Record<string, string>): Promise<RawSocket> {
    const upgrade = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        ...headers,
      },
    }).end();
    upgrade.once('response', ({ statusCode }) => upgrade.destroy(new Error(`refused with ${statusCode}`)));
    const [, tcp] = (await once(upgrade, 'upgrade')) as [IncomingMessage, TcpSocket];
    return new RawSocket(tcp);
  }

  /** The code of the close frame, once it has come. */
  async closeCode(): Promise<number> {
    let code: number | undefined;
    await until(() => (code = closeCodeIn(this.received)) !== undefined, 'a close frame');
    return code!;
  }
}

function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 2 <= bytes.length;) {
    const opcode = bytes[at]! & 0x0f;
    const short = bytes[at + 1]! & 0x7f;
    const start = at + (short === 126 ? 4 : 2);
    if (opcode === OPCODE.close) return bytes.length >= start + 2 ? bytes.readUInt16BE(start) : undefined;
    at = start + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
  }
  return undefined;
}

/** The service's side of the connections that ask for an upgrade from now on, in their order. */
export function upgradingConnections({ app }: TestService): TcpSocket[] {
  const connections: TcpSocket[] = [];
  (app.getHttpServer() as Server).on('upgrade', (_, tcp: TcpSocket) => connections.push(tcp));
  return connections;
}
