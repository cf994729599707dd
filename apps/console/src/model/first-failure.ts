/** Waits for all, so that one that fails undoes none of the others; resolves to what the first that failed threw. */
export async function firstFailure(works: Promise<unknown>[]): Promise<unknown> {
  const results = await Promise.allSettled(works);
  return results.find((result) => result.status === 'rejected')?.reason;
}
