const NAME_COLUMNS = 8;
const TIME_COLUMNS = 7;

/** What a step has to tell. */
export type Tell = (words: string) => void;

/** The steps of a drill that a signal interrupts. */
export class Steps {
  constructor(private readonly signal: AbortSignal) {}

  /** Takes a step, and prints it with its time and what it tells. A failure is told with the step's name. */
  async take<T>(name: string, work: (tell: Tell) => Promise<T>): Promise<T> {
    const began = performance.now();
    let told = 'failed';
    try {
      this.signal.throwIfAborted();
      const result = await work((words) => (told = words));
      this.signal.throwIfAborted();
      return result;
    } catch (error) {
      told = 'failed';
      // what was under way may complain that it was ended
      const reason = (this.signal.aborted ? this.signal.reason : error) as Error;
      throw new Error(`${name} failed: ${reason.message}`, { cause: error });
    } finally {
      const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(TIME_COLUMNS);
      process.stdout.write(`${name.padEnd(NAME_COLUMNS)}${seconds} s  ${told}\n`);
    }
  }
}
