const PROBE_TIMEOUT_MS = 3_000;

/** Whether a GET of this address succeeds in Lockstep's envelope, as its health checks do. */
export async function isHealthy(address: string): Promise<boolean> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const { code, data } = (await response.json()) as { code?: number; data?: { status?: string } };
    return response.ok && code === 0 && data?.status === 'ok';
  } catch {
    return false; // nobody there, or somebody who speaks otherwise
  }
}
