import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TakerClient } from './support/clients.js';
import { frame, type FrameOptions, OPCODE, RawSocket } from './support/raw-socket.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** What the service makes of frames that clients send. */
let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
});
afterAll(() => service.stop());

const { continuation, text, binary, close, ping } = OPCODE;
const INVALID_UTF8 = Buffer.of(0x68, 0xc3, 0x28);

describe('text frames', () => {
  test('are ignored up to 4 KiB, whatever they say; 4 KiB and a byte close with 1009', async () => {
    const socket = await taker.socket();
    for (const ignored of ['', 'hello', '{"type":"cancellation_request"}', '💥', 'x'.repeat(4096)]) {
      socket.ws.send(ignored);
    }
    socket.ws.ping();
    await once(socket.ws, 'pong');
    expect(socket.messages).toEqual([]);
    socket.ws.send('x'.repeat(4097));
    await until(() => socket.closeCode !== undefined, 'the close');
    expect(socket.closeCode).toBe(1009);
  });
});

describe('a socket is closed', () => {
  const rows: [number, string, FrameOptions[]][] = [
    [1003, 'a binary frame', [{ opcode: binary, payload: 'hello' }]],
    [1003, 'an empty binary frame', [{ opcode: binary }]],
    [
      1003,
      'a binary message of two fragments',
      [
        { opcode: binary, payload: 'a', fin: false },
        { opcode: continuation, payload: 'b' },
      ],
    ],
    [
      1009,
      'fragments that make more than 4 KiB',
      [
        { opcode: text, payload: 'x'.repeat(4000), fin: false },
        { opcode: continuation, payload: 'x'.repeat(97) },
      ],
    ],
    [1007, 'text that is not UTF-8', [{ opcode: text, payload: INVALID_UTF8 }]],
    [
      1007,
      'a close reason that is not UTF-8',
      [{ opcode: close, payload: Buffer.concat([Buffer.of(3, 232), INVALID_UTF8]) }],
    ],
    [1002, 'an unmasked frame', [{ opcode: text, payload: 'hello', masked: false }]],
    [1002, 'an unknown opcode', [{ opcode: 3 }]],
    [1002, 'an unknown control opcode', [{ opcode: 11 }]],
    [1002, 'a reserved bit', [{ opcode: text, payload: 'hello', rsv: 4 }]],
    [1002, 'a continuation of nothing', [{ opcode: continuation, payload: 'hello' }]],
    [
      1002,
      'a message within a fragmented one',
      [
        { opcode: text, payload: 'a', fin: false },
        { opcode: text, payload: 'b' },
      ],
    ],
    [1002, 'a fragmented ping', [{ opcode: ping, fin: false }]],
    [1002, 'a ping of more than 125 bytes', [{ opcode: ping, payload: 'x'.repeat(126) }]],
    [1002, 'a close frame of one byte', [{ opcode: close, payload: 'x' }]],
    [1002, 'a close code that is none', [{ opcode: close, payload: Buffer.of(3, 237) }]],
  ];

  test.each(rows)('with %i on %s', async (code, _, frames) => {
    const url = `${service.url}/ws/taker/v1?types=order_status_change`;
    const socket = await RawSocket.open(url, { 'x-api-key': taker.apiKey });
    socket.tcp.write(Buffer.concat(frames.map(frame)));
    expect(await socket.closeCode()).toBe(code);
    socket.tcp.destroy();
  });

  test('with 1009 on the head of a frame that would be too long, before any of it has come', async () => {
    const url = `${service.url}/ws/taker/v1?types=order_status_change`;
    const socket = await RawSocket.open(url, { 'x-api-key': taker.apiKey });
    socket.tcp.write(Buffer.of(0x82, 0xff, 0, 0, 0, 0x40, 0, 0, 0, 0));
    expect(await socket.closeCode()).toBe(1009);
    socket.tcp.destroy();
  });
});
