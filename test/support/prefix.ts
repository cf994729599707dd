import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy that serves the service under `/lockstep`, sockets too, and knows nothing else. */
export class Prefix {
  private readonly server = createServer((incoming, answer) => {
    const path = pathOf(incoming);
    if (path === undefined) return void answer.writeHead(404).end();
    const { method } = incoming;
    const outgoing = request(
      this.target() + path,
      { method, headers: this.headersOf(incoming) },
      (answered) => {
        answer.writeHead(answered.statusCode!, answered.headers);
        answered.pipe(answer);
      },
    );
    incoming.pipe(outgoing);
  });
  private readonly sockets = new Set<Socket>();
  url = '';

  /** @param host what it says as `Host`, instead of what it was told */
  constructor(
    private readonly target: () => string,
    private readonly host?: string,
  ) {
    this.server.on('upgrade', (incoming: IncomingMessage, client: Socket) => this.upgrade(incoming, client));
  }

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    this.server.closeAllConnections();
  }

  private headersOf({ headers }: IncomingMessage): IncomingMessage['headers'] {
    return { ...headers, ...(this.host && { host: this.host }) };
  }

  private upgrade(incoming: IncomingMessage, client: Socket): void {
    const path = pathOf(incoming);
    if (path === undefined) return void client.destroy();
    const { hostname, port } = new URL(this.target());
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        service.destroy();
      });
    }
    const lines = Object.entries(this.headersOf(incoming)).map(
      ([name, value]) => `${name}: ${String(value)}`,
    );
    service.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    client.pipe(service).pipe(client);
  }
}

/** Below the prefix; undefined: it is not below it. */
const pathOf = ({ url }: IncomingMessage): string | undefined => /^\/lockstep(\/.*)$/.exec(url ?? '')?.[1];
