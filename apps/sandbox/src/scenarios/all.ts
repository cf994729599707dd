/** Waits for all, also where one has failed, so that nobody goes on behind its back; then throws the first failure. */
export async function all<T>(deeds: Iterable<Promise<T>>): Promise<T[]> {
  const results = await Promise.allSettled(deeds);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
