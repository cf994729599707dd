import { type AddressInfo, createServer } from 'node:net';
import { LaunchError } from '#config';

/**
 * Finds out before anything is started whether the service can listen; a late failure would leave more to undo. Resolves
 * to the address that a host name stands for.
 */
export async function requireFreePort(host: string, port: number): Promise<string> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new LaunchError(`cannot listen on ${host}:${port} (HOST, PORT): ${reasonOf(error)}`)),
    );
    server.listen(port, host, () => {
      const { address } = server.address() as AddressInfo;
      server.close(() => resolve(address));
    });
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EADDRINUSE' ? 'the port is in use' : message;
}
