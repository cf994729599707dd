import { type AddressInfo, createServer } from 'node:net';

/** A TCP port that was free a moment ago: the wanted one, or any. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  const isListening = await new Promise<boolean>((listening) => {
    server.once('error', () => listening(false)).listen(wanted, '127.0.0.1', () => listening(true));
  });
  if (!isListening) return freePort();
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
