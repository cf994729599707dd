import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const LISTEN = Buffer.from('LISTEN ');
/** What the server says when a COMMIT is done. */
const COMMITTED = Buffer.from('COMMIT\0');

/** A connection of the service to PostgreSQL, and the one behind it. */
interface Line {
  client: Socket;
  server: Socket;
  listens: boolean;
  /** Stays open, but nothing comes through any more, either way. */
  swallowed: boolean;
}

/** The network between one process and PostgreSQL, with the troubles that networks have. */
export class PostgresProxy {
  /** How many replies to COMMITs are to be lost, from now on. */
  repliesToLose = 0;
  /** How many were: the transaction was committed, and the process was not told. */
  repliesLost = 0;
  private readonly lines = new Set<Line>();

  private constructor(
    readonly port: number,
    private target: URL,
    private readonly listener: Server,
  ) {
    listener.on('connection', (client: Socket) => this.join(client));
  }

  static async before(target: URL): Promise<PostgresProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    return new PostgresProxy((listener.address() as AddressInfo).port, target, listener);
  }

  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  /** The open connections that have sent LISTEN. */
  get listening(): Line[] {
    return [...this.lines].filter(({ listens }) => listens);
  }

  /** Where new connections are led. */
  leadTo(target: URL): void {
    this.target = target;
  }

  /** Every connection that is open now stays so, but is a dead one. */
  swallowAll(): void {
    for (const line of this.lines) line.swallowed = true;
  }

  /** Breaks every open connection, or those that are swallowed. */
  cutAll(which: (line: Line) => boolean = () => true): void {
    for (const line of [...this.lines].filter(which)) cut(line);
  }

  async stop(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => {
      this.listener.close(resolve);
    });
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const line: Line = { client, server, listens: false, swallowed: false };
    this.lines.add(line);
    for (const socket of [client, server]) {
      socket.setNoDelay();
      socket.on('error', () => cut(line));
      socket.on('close', () => {
        cut(line);
        this.lines.delete(line);
      });
    }
    client.on('data', (chunk) => this.forth(line, chunk));
    server.on('data', (chunk) => this.back(line, chunk));
  }

  private forth(line: Line, chunk: Buffer): void {
    if (line.swallowed) return;
    if (chunk.includes(LISTEN)) line.listens = true;
    line.server.write(chunk);
  }

  private back(line: Line, chunk: Buffer): void {
    if (line.swallowed) return;
    if (this.repliesToLose > 0 && chunk.includes(COMMITTED)) {
      this.repliesToLose -= 1;
      this.repliesLost += 1;
      cut(line);
      return;
    }
    line.client.write(chunk);
  }
}

/** Both sides at once. */
export function cut({ client, server }: Pick<Line, 'client' | 'server'>): void {
  client.destroy();
  server.destroy();
}
