/** An answer that refuses, as far as the transports of HTTP calls and sockets have it in common. */
interface Refusal {
  status: number;
  header: (name: string) => string | null | undefined;
  body: string;
}

const TOO_MANY_REQUESTS = 429;
const ORDER_SUSPENDED = 409009;
const SIGNATURE_USED = 10010013;
/** What passes when it is tried again. */
const PASSING: ReadonlySet<number> = new Set([ORDER_SUSPENDED, SIGNATURE_USED]);
/** Answers of proxies can be whole pages. */
const MAX_FOREIGN_DETAILS_CHARACTERS = 200;

/** What the service answers when it does not do what a call asks; `message` is short and stable. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  /** The HTTP status. */
  readonly status: number;
  /** The contract's code; 0 when something before the service answered, a proxy for example. */
  readonly code: number;
  /** What is wrong, for a person. */
  readonly details: string;
  /** Finds the call in the service's logs. */
  readonly requestId: string | undefined;
  /** How long the service asks to be left alone. */
  readonly retryAfterSeconds: number | undefined;
  /** When that was answered, by the clock of who answered; Unix milliseconds. */
  readonly answeredAt: number | undefined;

  constructor({ status, header, body }: Refusal) {
    const envelope = envelopeIn(body);
    super(envelope?.message ?? `Unexpected answer with HTTP status ${status}`);
    this.status = status;
    this.code = envelope?.code ?? 0;
    this.details = envelope?.details ?? body.slice(0, MAX_FOREIGN_DETAILS_CHARACTERS);
    this.requestId = header('x-request-id') ?? undefined;
    this.retryAfterSeconds = secondsIn(header('retry-after'));
    this.answeredAt = timeIn(header('date'));
  }
}

/** Whether the service has said no. Anything else passes: no answer, an overload, an operator's suspension, a used signature. */
export function isFinal(error: unknown): error is LockstepError {
  if (!(error instanceof LockstepError) || error.code === 0) return false;
  return error.status < 500 && error.status !== TOO_MANY_REQUESTS && !PASSING.has(error.code);
}

function envelopeIn(body: string): { code: number; message: string; details: string } | undefined {
  try {
    const { code, message, details } = JSON.parse(body) as Record<string, unknown>;
    if (typeof code === 'number' && typeof message === 'string' && typeof details === 'string')
      return { code, message, details };
  } catch {
    // no JSON, so not from the service
  }
  return undefined;
}

function timeIn(header: string | null | undefined): number | undefined {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function secondsIn(header: string | null | undefined): number | undefined {
  return header && /^\d+$/.test(header) ? Number(header) : undefined;
}
