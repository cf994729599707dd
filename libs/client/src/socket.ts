/** A socket to open, and who is told of it. */
export interface SocketRequest {
  url: URL;
  /** Tell who connects. */
  headers: Record<string, string>;
  /** A call that the service refuses as it would the socket, for those who are not told why that was refused. */
  probe: () => Promise<unknown>;
  opened: () => void;
  hear: (frame: string) => void;
  /** Closes it. */
  signal: AbortSignal;
}

/** One socket from its opening to its end, in Node or in a browser; resolves with what ended it. */
export type OpenSocket = (request: SocketRequest) => Promise<unknown>;

export const OPENING_TIMEOUT_MS = 10_000;
/** Heartbeats come every 30 s. A socket that is silent for two of them, and a little, is dead. */
export const SILENCE_MS = 65_000;

export const closedBy = (code: number, reason: string): Error =>
  new Error(`the socket closed: ${code} ${reason}`.trim());
