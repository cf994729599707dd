import { createServer } from 'node:net';
import { LaunchError } from '#config';

/** Finds out before anything is started whether the service can listen; a late failure would leave more to undo. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new LaunchError(`cannot listen on ${host}:${port} (HOST, PORT): ${reasonOf(error)}`)),
    );
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EADDRINUSE' ? 'the port is in use' : message;
}
