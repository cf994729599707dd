import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * What the service needs of Node's HTTP server that Node has no public way to: its parser, and what it keeps on connections.
 * Nothing else leans on these fields; a test of each function fails when Node changes them.
 */

/** Tells Node's parser that what comes behind a head is not for it: of what has `upgrade` it then hands over head, bytes and connection. */
const HAND_OVER = 2;

type Incoming = IncomingMessage & {
  /** Whether Node hands it over. */
  upgrade?: boolean;
};
interface Inside {
  parser?: {
    incoming: Incoming | null;
    onIncoming?: (request: Incoming, ...rest: unknown[]) => number;
  } | null;
  /** The answer that is being written. */
  _httpMessage?: ServerResponse | null;
}

const inside = (socket: Duplex): Inside => socket as Inside;

/** Whether an answer has begun on a connection, into which nothing else may be written. */
export function isAnswering(socket: Duplex): boolean {
  const { _httpMessage: answer } = inside(socket);
  return answer?.headersSent ?? false;
}

/** Whether the body of the call that came last on a connection is not all there. */
export function isAmidBody(socket: Duplex): boolean {
  return inside(socket).parser?.incoming?.complete === false;
}

/**
 * What becomes of a head that Node has read: it serves the call; it hands over head, bytes and connection as at an upgrade; or
 * it drops them.
 */
export type Course = 'serve' | 'hand over' | 'drop';

/** Decides on each head of a connection, where Node would serve as many calls as have come. */
export function decideOnHeads(socket: Socket, courseOf: () => Course): void {
  const { parser } = inside(socket);
  const serve = parser?.onIncoming;
  if (!parser || !serve) return;
  parser.onIncoming = (request, ...rest) => {
    const course = courseOf();
    if (course === 'serve') return serve(request, ...rest);
    if (course === 'hand over') request.upgrade = true;
    return HAND_OVER;
  };
}

/** Leaves what comes unread. Answers that Node has queued would have it read on when they are sent, with nobody there to take it. */
export function leaveUnread(socket: Duplex): void {
  Object.assign(socket, { _paused: false });
}

/** Has something done where Node would close the connection behind its last answer; returns what undoes that. */
export function closeInstead(socket: Socket, close: () => void): () => void {
  socket.destroySoon = close;
  return () => void Reflect.deleteProperty(socket, 'destroySoon');
}
