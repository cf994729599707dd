const NAME_COLUMNS = 8;
const TIME_COLUMNS = 7;

/** What a step has to tell. */
export type Tell = (words: string) => void;

/** Takes a step of the drill, and prints it with its time and what it tells. A failure is told with the step's name. */
export async function step<T>(name: string, work: (tell: Tell) => Promise<T>): Promise<T> {
  const began = performance.now();
  let told = '';
  try {
    return await work((words) => (told = words));
  } catch (error) {
    throw new Error(`${name} failed: ${(error as Error).message}`, { cause: error });
  } finally {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `${name.padEnd(NAME_COLUMNS)}${seconds.padStart(TIME_COLUMNS)} s  ${told || 'failed'}\n`,
    );
  }
}
