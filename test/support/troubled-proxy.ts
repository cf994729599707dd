import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** What happens to an answer: it is given by the proxy itself, or is lost after the service has acted. */
export type Trouble = 'cut' | { status: number; headers?: Record<string, string>; body: string };

/** A network between a client and the service, with the troubles that networks have. */
export class TroubledProxy {
  /** What happens to the next answers to cancellation requests, in turn. */
  readonly troubles: Trouble[] = [];
  /** What happens to other calls: each trouble once, to the first call whose method and target fit. */
  readonly elsewhere: { call: RegExp; trouble: Trouble }[] = [];
  /** Method and target of each other call that came by. */
  readonly calls: string[] = [];
  /** The headers of the answers to cancellation requests that came by. */
  readonly answers: IncomingMessage['headers'][] = [];
  /** How many sockets were asked for, and how many were opened. */
  upgrades = 0;
  opened = 0;
  /** Every push is carried twice. */
  stutters = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly url: string,
    private readonly target: URL,
    private readonly server: Server,
  ) {
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => this.call(asked, answer));
    server.on('upgrade', (asked: IncomingMessage, client: Socket, head: Buffer) =>
      this.upgrade(asked, client, head),
    );
  }

  static async before(url: string, port = 0): Promise<TroubledProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
    const { port: listening } = server.address() as AddressInfo;
    return new TroubledProxy(`http://127.0.0.1:${listening}`, new URL(url), server);
  }

  /** Breaks the open sockets off. */
  dropSockets(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** The open sockets stay open, but nothing comes through any more. */
  freezeSockets(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  async stop(): Promise<void> {
    this.dropSockets();
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private call(asked: IncomingMessage, answer: ServerResponse): void {
    const isAnswer = asked.url === '/api/v1/orders/cancel-result';
    if (isAnswer) this.answers.push(asked.headers);
    const trouble = isAnswer ? this.troubles.shift() : this.troubleElsewhere(asked);
    if (trouble && trouble !== 'cut') {
      asked.resume();
      answer.writeHead(trouble.status, trouble.headers).end(trouble.body);
      return;
    }
    const { method, url, headers } = asked;
    const onward = request(new URL(url!, this.target), { method, headers }, (reply) => {
      if (trouble === 'cut') {
        asked.socket.destroy();
        return;
      }
      answer.writeHead(reply.statusCode!, reply.headers);
      pipeline(reply, answer, () => {});
    });
    pipeline(asked, onward, (error) => error && asked.socket.destroy());
    onward.on('error', () => asked.socket.destroy());
  }

  private troubleElsewhere({ method, url }: IncomingMessage): Trouble | undefined {
    const asked = `${method} ${url}`;
    this.calls.push(asked);
    const found = this.elsewhere.findIndex(({ call }) => call.test(asked));
    return found < 0 ? undefined : this.elsewhere.splice(found, 1)[0]!.trouble;
  }

  private upgrade(asked: IncomingMessage, client: Socket, head: Buffer): void {
    this.upgrades += 1;
    const trouble = this.troubleElsewhere(asked);
    if (trouble && trouble !== 'cut') {
      const { status, body } = trouble;
      client.end(
        `HTTP/1.1 ${status} Refused\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    const { url, rawHeaders } = asked;
    const service = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, service]) {
      this.sockets.add(socket);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        service.destroy();
      });
      socket.on('error', () => socket.destroy());
    }
    const lines = [`GET ${url} HTTP/1.1`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    service.write(`${lines.join('\r\n')}\r\n\r\n`);
    service.write(head);
    client.pipe(service);
    service.pipe(client);
    service.on('data', (chunk: Buffer) => {
      const start = chunk.toString('latin1');
      if (start.startsWith('HTTP/1.1 101')) this.opened += 1;
      else if (this.stutters) client.write(chunk);
    });
  }
}
