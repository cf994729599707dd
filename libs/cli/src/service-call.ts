import { LockstepError } from '#client';

const CALL_TIMEOUT_MS = 15_000;

/** A call that the client has no name for; returns the envelope's data, and throws a refusal. */
export async function callService<T>(url: string, init: RequestInit = {}): Promise<T> {
  // nobody who is not the service gets to see a key or a signature
  const response = await fetch(url, {
    ...init,
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const { ok, status, headers } = response;
  const body = await response.text();
  if (!ok) throw new LockstepError({ status, header: (name) => headers.get(name), body });
  return (JSON.parse(body) as { data: T }).data;
}
