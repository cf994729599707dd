/** Prometheus gives a scrape up 10 s, unless told otherwise; without the database it still gets the rest. */
const TIMEOUT_MS = 2_000;

/**
 * What the gauges of a scrape read together from the database. There is never more than one reading at a time,
 * however many scrapes come in: the page is not under the rate limit.
 */
export class ScrapeReading<T> {
  private reading: Promise<T | undefined> | undefined;

  constructor(private readonly read: () => Promise<T>) {}

  /** What was read, or undefined when the database did not answer in time. */
  async get(): Promise<T | undefined> {
    this.reading ??= this.read()
      .catch(() => undefined)
      .finally(() => (this.reading = undefined));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), TIMEOUT_MS);
    });
    return Promise.race([this.reading, timeout]).finally(() => clearTimeout(timer));
  }
}
