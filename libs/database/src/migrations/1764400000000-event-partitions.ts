import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events by the day (UTC), so that old ones go by dropping a table, and indexes to replay what one participant missed.
 *
 * No column references another table any more: with foreign keys every partition that is made or dropped locks
 * `orders` against trades. The rows an event names were read or written by its own transaction, and are never deleted.
 */
export class EventPartitions1764400000000 implements MigrationInterface {
  name = 'EventPartitions1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    const [today] = (await runner.query(`
      SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD') AS day,
        date_trunc('day', clock_timestamp(), 'UTC') + interval '1 day' AS "end"
    `)) as [{ day: string; end: Date }];
    const first = `order_events_${today.day}`;
    await runner.query(`
      SET LOCAL statement_timeout = 0;
      LOCK TABLE order_events IN ACCESS EXCLUSIVE MODE;
      ALTER TABLE order_events RENAME TO ${first};
      ALTER TABLE ${first}
        ALTER COLUMN seq DROP IDENTITY,
        DROP CONSTRAINT order_events_pkey,
        DROP CONSTRAINT order_events_order_id_version_key,
        DROP CONSTRAINT order_events_order_id_fkey,
        DROP CONSTRAINT order_events_request_id_fkey,
        DROP CONSTRAINT order_events_taker_id_fkey;
      DROP INDEX order_events_tail, order_events_pushes;
    `);

    // The key is the order in which events become readable: it serves the tail, too. Before PostgreSQL 17 a
    // partitioned table cannot have an identity column
    await runner.query(`
      CREATE TABLE order_events (LIKE ${first} INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (xid, seq, created_at))
        PARTITION BY RANGE (created_at);
      CREATE SEQUENCE order_events_seq OWNED BY order_events.seq;
      SELECT setval('order_events_seq', COALESCE(max(seq), 0) + 1, false) FROM ${first};
      ALTER TABLE order_events ALTER COLUMN seq SET DEFAULT nextval('order_events_seq');
      CREATE INDEX order_events_of_order ON order_events (order_id, version);
      CREATE INDEX order_events_of_maker ON order_events (maker, xid, seq);
      CREATE INDEX order_events_of_taker ON order_events (taker_id, xid, seq) WHERE taker_id IS NOT NULL;
      CREATE INDEX order_events_new_orders ON order_events (xid, seq)
        WHERE type = 'order_status_change' AND from_status IS NULL;
    `);

    // What is there becomes the first partition as it is; a day that has none goes to the last, so that no trade fails
    await runner.query(`
      ALTER TABLE order_events ATTACH PARTITION ${first}
        FOR VALUES FROM (MINVALUE) TO ('${today.end.toISOString()}');
      CREATE TABLE order_events_default PARTITION OF order_events DEFAULT;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      SET LOCAL statement_timeout = 0;
      ALTER TABLE order_events RENAME TO order_events_by_day;
      ALTER TABLE order_events_by_day RENAME CONSTRAINT order_events_pkey TO order_events_by_day_pkey;
      CREATE TABLE order_events (LIKE order_events_by_day INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
      ALTER TABLE order_events ALTER COLUMN seq DROP DEFAULT;
      INSERT INTO order_events SELECT * FROM order_events_by_day;
      DROP TABLE order_events_by_day;
      ALTER TABLE order_events
        ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY,
        ADD PRIMARY KEY (seq),
        ADD UNIQUE (order_id, version),
        ADD FOREIGN KEY (order_id) REFERENCES orders,
        ADD FOREIGN KEY (request_id) REFERENCES cancellation_requests,
        ADD FOREIGN KEY (taker_id) REFERENCES takers;
      SELECT setval(pg_get_serial_sequence('order_events', 'seq'), COALESCE(max(seq), 0) + 1, false) FROM order_events;
      CREATE INDEX order_events_tail ON order_events (xid, seq);
      CREATE INDEX order_events_pushes ON order_events (request_id) WHERE type = 'cancellation_request';
    `);
  }
}
