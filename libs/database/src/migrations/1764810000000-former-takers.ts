import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of a statement that makes trades wait while it waits itself. */
const LOCK_TIMEOUT = '2s';

/**
 * Who held an order before another taker locked it. An order's row knows its last holder only, and its events are dropped
 * after a time. A trigger writes it, so that instances of the version before do so as well; what they did until now is read
 * from the events, with nothing locked. It can be stopped at any point, and repeated.
 */
export class FormerTakers1764810000000 implements MigrationInterface {
  name = 'FormerTakers1764810000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // one message to the server is one transaction
    await runner.query(`
      SET LOCAL lock_timeout = '${LOCK_TIMEOUT}';
      CREATE TABLE IF NOT EXISTS former_takers (
        order_id uuid NOT NULL REFERENCES orders,
        taker_id uuid NOT NULL REFERENCES takers,
        PRIMARY KEY (order_id, taker_id)
      );
      CREATE INDEX IF NOT EXISTS former_takers_of_taker ON former_takers (taker_id, order_id);
      CREATE OR REPLACE FUNCTION note_former_taker() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO former_takers VALUES (OLD.id, OLD.locked_taker_id) ON CONFLICT DO NOTHING;
          DELETE FROM former_takers WHERE order_id = NEW.id AND taker_id = NEW.locked_taker_id;
          RETURN NULL;
        END $$;
      CREATE OR REPLACE TRIGGER orders_former_taker AFTER UPDATE OF locked_taker_id ON orders FOR EACH ROW
        WHEN (OLD.locked_taker_id IS NOT NULL AND OLD.locked_taker_id IS DISTINCT FROM NEW.locked_taker_id)
        EXECUTE FUNCTION note_former_taker();
    `);
    await runner.query(`
      INSERT INTO former_takers
        SELECT DISTINCT e.order_id, e.taker_id
        FROM order_events e JOIN orders o ON o.id = e.order_id
        WHERE e.to_status = 'locked' AND e.from_status = 'pending' AND e.taker_id <> o.locked_taker_id
      ON CONFLICT DO NOTHING;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER orders_former_taker ON orders;
      DROP FUNCTION note_former_taker();
      DROP TABLE former_takers;
    `);
  }
}
