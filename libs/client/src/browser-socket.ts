import { LockstepError } from './lockstep-error.js';
import { closedBy, OPENING_TIMEOUT_MS, type OpenSocket, SILENCE_MS, type SocketRequest } from './socket.js';

/** The calls of a suspended taker are refused, its sockets are not. */
const ACCOUNT_SUSPENDED = 403004;

/** In browsers: a page can set no headers, hears no pings, and is not told why a socket was refused. */
export const openSocket: OpenSocket = async (request) => {
  let isOpen = false;
  const opened = (): void => {
    isOpen = true;
    request.opened();
  };
  const end = await endOf(connect(request), { ...request, opened });
  return isOpen || request.signal.aborted ? end : ((await refusalOf(request)) ?? end);
};

/** A maker's token goes as a sub-protocol, a taker's key in the query. */
function connect({ url, headers }: SocketRequest): WebSocket {
  const [, token] = headers.authorization?.split(' ') ?? [];
  if (token) return new WebSocket(url, ['jwt', token]);
  const withKey = new URL(url);
  withKey.searchParams.set('api_key', headers['x-api-key']!);
  return new WebSocket(withKey);
}

/** A dead connection does not answer the closing handshake, so nobody waits for that. */
function endOf(socket: WebSocket, { opened, hear, signal }: SocketRequest): Promise<unknown> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (why: Error): void => {
      over.abort();
      clearTimeout(timer);
      socket.close();
      resolve(why);
    };
    let timer = setTimeout(() => end(new Error('the socket did not open in time')), OPENING_TIMEOUT_MS);
    const isAlive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => end(new Error('the socket fell silent')), SILENCE_MS);
    };
    const listen = { signal: over.signal };
    socket.addEventListener('open', () => (isAlive(), opened()), listen);
    socket.addEventListener('message', ({ data }) => (isAlive(), hear(data as string)), listen);
    socket.addEventListener('close', ({ code, reason }) => end(closedBy(code, reason)), listen);
    signal.addEventListener('abort', () => end(new Error('the socket was closed')), listen);
  });
}

async function refusalOf({ probe }: SocketRequest): Promise<LockstepError | undefined> {
  try {
    await probe();
  } catch (error) {
    if (error instanceof LockstepError && error.code !== ACCOUNT_SUSPENDED) return error;
  }
  return undefined;
}
