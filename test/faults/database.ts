import { Client, type QueryResultRow } from 'pg';

/** What a fleet stands on: a PostgreSQL of the suite's own. */
export abstract class Database {
  protected constructor(readonly url: URL) {}

  /** Where the ways of the processes lead to. */
  get server(): URL {
    return this.url;
  }

  abstract stop(): Promise<void>;

  /** Runs a statement on a connection of its own. */
  async query<Row extends QueryResultRow>(
    sql: string,
    values: unknown[] = [],
    url = this.url.href,
  ): Promise<Row[]> {
    const client = await this.connect(url);
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  async connect(url = this.url.href): Promise<Client> {
    const client = new Client({ connectionString: url, application_name: 'faults' });
    client.on('error', () => {}); // the server is to be broken
    await client.connect();
    return client;
  }
}
