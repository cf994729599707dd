import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { freePort } from '#database';
import { until } from './until.js';

/** Debian's package nats-server; where there is none, its tests are skipped, except in CI. */
export const HAS_NATS_SERVER =
  process.env.CI !== undefined || spawnSync('nats-server', ['--version']).status === 0;

/** A real nats-server that comes and goes on one port. */
export class NatsServer {
  private child: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.child = spawn('nats-server', ['--addr', '127.0.0.1', '--port', String(this.port)]);
    let log = '';
    this.child.stderr!.on('data', (data: Buffer) => (log += data.toString()));
    this.child.on('error', (error) => (log += error.message));
    await until(() => log.includes('Server is ready'), 'nats-server to be ready');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const ended = once(this.child!, 'exit');
    this.child!.kill(signal);
    await ended;
  }
}

/** Stands between a client and a NATS server and loses every so manieth message that the server sends. */
export class LossyNats {
  lost = 0;
  private messages = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly every: number,
  ) {
    server.on('connection', (client) => this.carry(client));
  }

  static async before(url: string, every: number): Promise<LossyNats> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LossyNats(server, new URL(url), every);
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((closed) => this.server.close(closed));
  }

  private carry(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    let held = Buffer.alloc(0);
    server.on('data', (data: Buffer) => {
      held = Buffer.concat([held, data]);
      for (let frame = firstFrame(held); frame; frame = firstFrame(held)) {
        held = held.subarray(frame.length);
        if (this.isLost(frame)) this.lost += 1;
        else client.write(frame);
      }
    });
  }

  private isLost(frame: Buffer): boolean {
    if (!frame.toString('latin1', 0, 3).startsWith('MSG')) return false;
    this.messages += 1;
    return this.messages % this.every === 0;
  }
}

/** The protocol's frames are lines; those of messages end with their payload. */
function firstFrame(bytes: Buffer): Buffer | undefined {
  const end = bytes.indexOf('\r\n');
  if (end < 0) return undefined;
  const line = bytes.toString('latin1', 0, end);
  const payload = line.startsWith('MSG ') ? Number(line.split(' ').at(-1)) + 2 : 0;
  const length = end + 2 + payload;
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}
