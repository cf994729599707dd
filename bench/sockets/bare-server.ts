import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** What the service is measured against: the same library with nothing around it. Prints its URL. */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listens on http://127.0.0.1:${port}\n`);
});
