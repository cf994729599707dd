import { type Access, headersOf } from './access.js';
import { serviceTime } from './clock.js';

const CALL_TIMEOUT_MS = 15_000;

/** A call and what was answered, as they went over the wire. */
export interface Call {
  kind: 'call';
  key: string;
  /** When it was answered, by the service's clock. */
  at: number;
  method: 'GET' | 'POST';
  /** Below the service's address, with its query. */
  path: string;
  body: unknown;
  /** Null: nothing was answered. */
  status: number | null;
  answer: unknown;
  tookMs: number;
}

/** Why a call failed, for a person to read. */
export class CallFailure extends Error {
  constructor(
    /** Null: nothing was answered. */
    readonly status: number | null,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }

  /** Signing in anew is the only way on. */
  get isFinal(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

interface Envelope {
  code: number;
  data?: unknown;
  message?: string;
  details?: string;
}

/** Calls to the service that the page comes from; each one that changes something is told to `onCall`. */
export class Api {
  /** The page lies at `console/` of the service, under whatever prefix. */
  readonly base = new URL('../', location.href.replace(/[?#].*$/, ''));
  /** Calls so far. */
  sent = 0;

  constructor(
    readonly access?: Access,
    private readonly onCall: (call: Call) => void = () => {},
  ) {}

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path, undefined);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('POST', path, body);
  }

  private async send<T>(method: 'GET' | 'POST', path: string, body: unknown): Promise<T> {
    const key = `call-${(this.sent += 1)}`;
    const sentAt = performance.now();
    let status: number | null = null;
    let answer: unknown = null;
    try {
      const response = await fetch(new URL(path, this.base), {
        method,
        headers: {
          ...headersOf(this.access),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      status = response.status;
      answer = await response.json();
    } catch {
      // nobody there, or somebody who speaks otherwise: said below
    }
    if (method === 'POST') {
      this.onCall({
        kind: 'call',
        key,
        at: serviceTime(),
        method,
        path: `/${path}`,
        body,
        status,
        answer,
        tookMs: Math.round(performance.now() - sentAt),
      });
    }
    return dataOf<T>(status, answer as Envelope | null);
  }
}

function dataOf<T>(status: number | null, envelope: Envelope | null): T {
  if (status === null) throw new CallFailure(null, 0, 'The service does not answer.');
  if (envelope?.code === 0 && status < 400) return envelope.data as T;
  const words = [envelope?.message, envelope?.details].filter(Boolean).join(': ');
  throw new CallFailure(status, envelope?.code ?? 0, `${words || 'No answer of the service'} (${status})`);
}

/** What to tell a person about whatever was thrown: wallets throw objects that are no errors. */
export function wordsOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' && message ? message : String(error);
}
