import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of a connection: it works, nothing comes through, or the server's answers make no sense. */
type Condition = 'well' | 'silent' | 'garbled';

interface Line {
  client: Socket;
  server: Socket;
  condition: Condition;
}

/** The network between a process and a PostgreSQL, whose connections can fall silent without being closed. */
export class Network {
  /** What becomes of connections to come. */
  next: Condition = 'well';
  private readonly lines = new Set<Line>();

  private constructor(
    private readonly target: URL,
    private readonly listener: Server,
    readonly port: number,
  ) {
    listener.on('connection', (client: Socket) => this.join(client));
  }

  static async before(url: string): Promise<Network> {
    const listener = createServer();
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    return new Network(new URL(url), listener, (listener.address() as AddressInfo).port);
  }

  /** The database's URL through this network. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  get connections(): number {
    return this.lines.size;
  }

  /** The present connections stay open, but nothing comes through any more, either way. */
  fallSilent(): void {
    for (const line of this.lines) line.condition = 'silent';
  }

  /** New connections lead to another port; the present ones are broken off, or stay. */
  turnTo(port: number, cutting = true): void {
    this.target.port = String(port);
    if (cutting) this.cut();
  }

  /** Breaks the present connections off. */
  cut(): void {
    for (const { client, server } of this.lines) {
      client.destroy();
      server.destroy();
    }
  }

  /** Takes no more connections, and breaks the present ones off. */
  async stop(): Promise<void> {
    const closed = once(this.listener.close(), 'close');
    this.cut();
    await closed;
  }

  async restart(): Promise<void> {
    await once(this.listener.listen(this.port, '127.0.0.1'), 'listening');
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const line: Line = { client, server, condition: this.next };
    this.lines.add(line);
    for (const socket of [client, server]) {
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.on('close', () => {
        this.lines.delete(line);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (chunk) => line.condition !== 'silent' && server.write(chunk));
    server.on('data', (chunk) => {
      if (line.condition === 'well') client.write(chunk);
      if (line.condition === 'garbled') client.write('?');
    });
  }
}
