import { SessionConnection } from '#database';
import type { Client } from 'pg';

/** Any fixed number, another one for each format of the messages: the advisory lock that one instance at a time holds. */
const PUBLISHER_LOCK = 7_205_762;

/**
 * Sees to it that one instance publishes. It is for thrift alone: a stretch of the log is the same whoever reads it, so
 * that two publishers for a while say the same twice.
 */
export class PublisherElection {
  private readonly connection: SessionConnection;
  /** The session that holds the lock. */
  private holder: Client | undefined;

  constructor(url: string, onLost: (error: Error) => void) {
    this.connection = new SessionConnection(url, {
      begin: (client) => this.stand(client),
      beat: (client) => (client === this.holder ? client.query('SELECT 1') : this.stand(client)),
      onLost,
    });
  }

  get isElected(): boolean {
    return this.holder !== undefined && this.holder === this.connection.client;
  }

  stop(): Promise<void> {
    return this.connection.stop();
  }

  private async stand(client: Client): Promise<void> {
    const { rows } = await client.query<{ elected: boolean }>('SELECT pg_try_advisory_lock($1) AS elected', [
      PUBLISHER_LOCK,
    ]);
    if (rows[0]!.elected) this.holder = client;
  }
}
