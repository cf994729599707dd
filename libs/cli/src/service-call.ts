import { LockstepError, timeLimit } from '#client';

const CALL_TIMEOUT_MS = 15_000;

/** A call that the client has no name for; returns the envelope's data, and throws a refusal. */
export async function callService<T>(url: string, init?: RequestInit, timeoutMs?: number): Promise<T> {
  return (await readJson<{ data: T }>(url, init, timeoutMs)).data;
}

/** What the service answers without an envelope. */
export async function readJson<T>(
  url: string,
  init: RequestInit = {},
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<T> {
  const limit = timeLimit(timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
  try {
    // nobody who is not the service gets to see a key or a signature
    const response = await fetch(url, { ...init, redirect: 'error', signal });
    const { ok, status, headers } = response;
    const body = await response.text();
    if (!ok) throw new LockstepError({ status, header: (name) => headers.get(name), body });
    return JSON.parse(body) as T;
  } finally {
    // Node 20 loses a limit that nobody keeps
    void signal;
  }
}
