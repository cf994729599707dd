import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The bytes of a request, as its caller spells them. */
export function requestBytes(
  method: string,
  path: string,
  headers: Record<string, string>,
  json?: object,
): string {
  const body = json ? JSON.stringify(json) : '';
  const type = json ? { 'Content-Type': 'application/json', 'Content-Length': String(body.length) } : {};
  const lines = Object.entries({ Host: 'localhost', ...type, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Callers who send what they like on connections of their own, and hang up together. */
export class Crowd {
  private readonly connections: Socket[] = [];
  /** Everything that was answered, on whatever connection. */
  heard = '';

  constructor(private readonly url: string) {}

  /** Sends the same bytes on so many new connections; returns the last one. */
  async send(count: number, bytes: string): Promise<Socket> {
    const { hostname, port } = new URL(this.url);
    const opened = Array.from({ length: count }, () => connect(Number(port), hostname));
    for (const connection of opened) {
      connection.on('error', () => {});
      connection.on('data', (data: Buffer) => (this.heard += data.toString()));
    }
    this.connections.push(...opened);
    await Promise.all(opened.map((connection) => once(connection, 'connect')));
    for (const connection of opened) connection.write(bytes);
    return opened.at(-1)!;
  }

  hangUp(): void {
    for (const connection of this.connections) connection.destroy();
  }
}
