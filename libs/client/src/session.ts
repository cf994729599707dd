import type { Listener } from './listeners.js';
import type { Resync } from './messages.js';
import { PushConnection, type PushOptions } from './push-connection.js';

/** An open line to the service. It is kept up, whatever happens, until it is closed or the service refuses it. */
export interface Session {
  /** Settles when the session is over: resolved after a close, rejected with the refusal that ended it. */
  readonly ended: Promise<void>;
  /** The id of the last message, to go on with `after` in another session. */
  readonly lastId: string | undefined;
  /** Stops listening, finishes what is under way, and waits for the end. */
  close(): Promise<void>;
}

/** What every session takes. */
export interface SessionOptions {
  /** Goes on after this id, where another session left off; a lost connection does so by itself. */
  after?: string;
  /** Is told when not all that was missed can be told: read the orders from the lists, and go on listening. */
  onResync?: Listener<Resync>;
  /**
   * Is told what goes wrong: lost connections and calls, which are tried again, what a listener threw, and the refusal
   * that ended the session. Printed to stderr when left out.
   */
  onProblem?: Listener<unknown>;
  /** Closes the session. */
  signal?: AbortSignal;
}

export const reporterOf = ({ onProblem }: SessionOptions): Listener<unknown> =>
  onProblem ?? ((problem) => console.error('lockstep:', problem));

/** Resolves when the socket is open; `finish` ends what is still under way when it is open no more. */
export async function openSession(
  options: PushOptions,
  finish: () => Promise<void> = async () => {},
): Promise<Session> {
  const connection = await PushConnection.open(options);
  const ended = connection.ended.finally(finish);
  const reported = ended.catch(options.report);
  return {
    ended,
    get lastId() {
      return connection.lastId;
    },
    close: async () => {
      connection.close();
      await reported;
    },
  };
}
