import type { IncomingMessage } from 'node:http';

const NO_BYTES = Buffer.alloc(0);
const bodies = new WeakMap<IncomingMessage, Buffer>();

/** Keeps a body's bytes for as long as its request lives. */
export function keepRawBody(request: IncomingMessage, body: Buffer): void {
  bodies.set(request, body);
}

/** The bytes of a request's body as they were sent, if they were kept; none when it has no body. */
export function rawBodyOf(request: IncomingMessage): Buffer {
  return bodies.get(request) ?? NO_BYTES;
}
