import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that serves the service under `/lockstep`, and knows nothing else. */
export class Prefix {
  private readonly server = createServer((incoming, answer) => {
    const path = incoming.url?.replace(/^\/lockstep(?=\/)/, '');
    if (path === incoming.url) return void answer.writeHead(404).end();
    const { method, headers } = incoming;
    const outgoing = request(this.target() + path, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    incoming.pipe(outgoing);
  });
  url = '';

  constructor(private readonly target: () => string) {}

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
